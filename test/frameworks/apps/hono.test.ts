import { testFramework } from "../../support/framework.ts";

testFramework({
	name: "hono",
	modes: ["production"],
	pages: ["/"],
	answers: [
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/%ff", status: 404 },
		{ path: "/", method: "HEAD", status: 200 },
		{ path: "/", method: "OPTIONS", status: 404, headers: { origin: "https://other.example", "access-control-request-method": "PUT" } },
	],
	files: ["/logo.svg"],
	presets: { ssr: [], strict: [] },
});
