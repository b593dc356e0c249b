import { testFramework } from "../../support/framework.ts";

const PREFLIGHT = { origin: "https://partner.example", "access-control-request-method": "PUT" };

testFramework({
	name: "nest-fastify",
	modes: ["production"],
	pages: ["/"],
	answers: [
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/%ff", status: 400 },
		{ path: "/api", method: "OPTIONS", headers: PREFLIGHT, status: 204 },
		{ path: "/", method: "HEAD", status: 200 },
	],
	files: ["/api"],
	policy: "src/headers.ts",
	presets: { ssr: [], strict: [] },
});
