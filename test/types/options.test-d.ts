/** Checked by `npm run typecheck`: what is marked must be an error, everything else must not be. */
import type { RequestHandler } from "express";
import { csp, type Policy, secureHeaders } from "../../src/index.ts";

secureHeaders();
secureHeaders({});
secureHeaders({
	contentSecurityPolicy: {
		directives: { scriptSrc: [csp.self, csp.nonce, "https://cdn.example"], "img-src": ["data:"], objectSrc: null, sandbox: [], upgradeInsecureRequests: true },
	},
	permissionsPolicy: { features: { camera: ["self"], "screen-wake-lock": "*", displayCapture: [] }, allowUnknownFeatures: { "brand-new": [] } },
	referrerPolicy: ["no-referrer", "strict-origin"],
	crossOriginOpenerPolicy: { policy: "same-origin-allow-popups", reportTo: "x" },
	reportingEndpoints: { x: "/r" },
	xFrameOptions: "DENY",
	secure: (req) => req.headers["x-tls"] === "on",
});

const { self, nonce } = csp;
secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: [self, nonce] } } });

export const handler: RequestHandler = secureHeaders();

// @ts-expect-error an alias
secureHeaders({ hsts: true });
// @ts-expect-error a misspelt option
secureHeaders({ contentSecurityPolicies: {} });
// @ts-expect-error a misspelt directive
secureHeaders({ contentSecurityPolicy: { directives: { scriptSource: [csp.self] } } });
// @ts-expect-error a retired directive
secureHeaders({ contentSecurityPolicy: { directives: { pluginTypes: ["x"] } } });
// @ts-expect-error no nonce in frame-ancestors
secureHeaders({ contentSecurityPolicy: { directives: { frameAncestors: [csp.nonce] } } });
// @ts-expect-error a flag takes true
secureHeaders({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: [] } } });
// @ts-expect-error a misspelt feature
secureHeaders({ permissionsPolicy: { features: { cammera: [] } } });
// @ts-expect-error a retired feature
secureHeaders({ permissionsPolicy: { features: { windowPlacement: [] } } });
// @ts-expect-error a misspelt token
secureHeaders({ referrerPolicy: "no-refferer" });
// @ts-expect-error a misspelt token
secureHeaders({ crossOriginOpenerPolicy: "same-site" });
// @ts-expect-error a promise
secureHeaders(Promise.resolve({}));
// @ts-expect-error a string
secureHeaders({ strictTransportSecurity: { maxAge: "31536000" } });
// @ts-expect-error true says too little
secureHeaders({ nel: true });

/** `headers.policy` publishes its warnings, and nothing that may change. */
export const { warnings }: Policy = secureHeaders().policy;
export const fields: readonly (string | undefined)[] = warnings.flatMap(({ code, path, message, received, expected, directive }) => [
	code,
	path,
	message,
	received,
	expected,
	directive,
]);
// @ts-expect-error internal
secureHeaders().policy.models;
// @ts-expect-error internal
secureHeaders().policy.dynamic;
// @ts-expect-error read-only
secureHeaders().policy.warnings = [];
