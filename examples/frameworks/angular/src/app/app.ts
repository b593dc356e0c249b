import { Component, signal } from "@angular/core";
import { RouterOutlet } from "@angular/router";

@Component({
	selector: "app-root",
	imports: [RouterOutlet],
	template: `
		<router-outlet />
		<button type="button" id="count" (click)="count.set(count() + 1)">{{ count() }}</button>
	`,
})
export class App {
	readonly count = signal(0);
}
