import { Component } from "@angular/core";
import { RouterLink } from "@angular/router";
import { Late } from "./late";

@Component({
	selector: "app-home",
	imports: [RouterLink, Late],
	styles: `p { color: rgb(0, 0, 128); }`,
	template: `
		<h1>It runs</h1>
		<p>A style of the component</p>
		<img src="/logo.svg" alt="" width="40" height="40" />
		@defer (hydrate on interaction) {
			<app-late />
		}
		<a id="second" routerLink="/second">Second page</a>
	`,
})
export class Home {}

@Component({
	selector: "app-second",
	styles: `p { color: rgb(128, 0, 0); }`,
	template: `<h1>Second page</h1><p>A style that came later</p>`,
})
export class Second {}

@Component({ selector: "app-missing", template: `<h1>Not found</h1>` })
export class Missing {}
