import type { Routes } from "@angular/router";
import { Home, Missing, Second } from "./pages";

export const routes: Routes = [
	{ path: "", component: Home },
	{ path: "built", component: Home },
	{ path: "client", component: Home },
	{ path: "second", component: Second },
	{ path: "old", redirectTo: "" },
	{ path: "missing", component: Missing },
];
