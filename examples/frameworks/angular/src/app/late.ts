import { Component, signal } from "@angular/core";

@Component({
	selector: "app-late",
	template: `<button type="button" id="late" (click)="text.set('It woke up')">{{ text() }}</button>`,
})
export class Late {
	readonly text = signal("It sleeps");
}
