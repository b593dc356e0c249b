import { testFramework } from "../../support/framework.ts";

testFramework({
	name: "h3",
	modes: ["production"],
	pages: ["/"],
	answers: [
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/%ff", status: 400 },
	],
	files: ["/logo.svg"],
	presets: { ssr: [], strict: [] },
});
