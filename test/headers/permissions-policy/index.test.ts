import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generate } from "../../../scripts/features.ts";
import { headersOf, headerTable, issuesOf, warningsOf } from "../../support/policy.ts";

const DENY_SET =
	"accelerometer=(), camera=(), captured-surface-control=(), compute-pressure=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), keyboard-map=(), local-fonts=(), local-network-access=(), magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), screen-wake-lock=(), serial=(), usb=(), window-management=(), xr-spatial-tracking=()";

const only = (features: object, rest: object = {}) => ({ permissionsPolicy: { useDefaults: false, features, ...rest } });

headerTable(
	"Permissions-Policy",
	[
		[{}, DENY_SET],
		[{ permissionsPolicy: true }, DENY_SET],
		[{ permissionsPolicy: false }, undefined],
		[only({ camera: [] }), "camera=()"],
		[only({ camera: "self" }), "camera=self"],
		[only({ camera: ["self"] }), "camera=self"],
		[only({ camera: "*" }), "camera=*"],
		[only({ camera: ["self", "https://a.example", "https://*.b.example:8443"] }), 'camera=(self "https://a.example" "https://*.b.example:8443")'],
		[only({ camera: ["https:"] }), 'camera=("https:")'],
		[only({ displayCapture: [], "screen-wake-lock": [] }), "display-capture=(), screen-wake-lock=()"],
		[{ ...only({ camera: [] }, { reportTo: "pp" }), reportingEndpoints: { pp: "/r" } }, "camera=(); report-to=pp"],
		[only({}, { allowUnknownFeatures: { "brand-new": [] } }), "brand-new=()"],
		[{ permissionsPolicy: { features: { camera: ["self"] } } }, DENY_SET.replace("camera=()", "camera=self")],
		[{ permissionsPolicy: { features: { usb: null } } }, DENY_SET.replace("usb=(), ", "")],
	],
	[
		[only({}), "permissions/empty"],
		[only({ cammera: [] }), "permissions/unknown-feature"],
		[only({ windowPlacement: [] }), "permissions/retired-feature"],
		[only({ "document-domain": [] }), "permissions/retired-feature"],
		[only({ camera: [], Camera: [] }), "permissions/unknown-feature"],
		[only({ displayCapture: [], "display-capture": [] }), "permissions/duplicate"],
		[only({ camera: "none" }), "permissions/allowlist"],
		[only({ camera: "'self'" }), "permissions/allowlist"],
		[only({ camera: ["https://a.example/path"] }), "permissions/allowlist"],
		[only({ camera: ['https://a.example" "https://evil.example'] }), "permissions/allowlist"],
		[only({ camera: ["https://ü.example"] }), "permissions/allowlist"],
		[only({ camera: ["*", "self"] }), "permissions/allowlist"],
		[only({ camera: true }), "permissions/allowlist"],
		[only({ camera: [5] }), "option/type"],
		[only({ camera: new Set(["self"]).values() }), "option/iterator"],
		[only({}, { allowUnknownFeatures: { "Brand New": [] } }), "permissions/unknown-feature"],
		[only({}, { allowUnknownFeatures: { camera: [] } }), "permissions/unknown-feature"],
		[{ permissionsPolicy: { camera: [] } }, "option/alias"],
		[JSON.parse('{"permissionsPolicy":{"features":{"__proto__":[]}}}'), "permissions/unknown-feature"],
		[only({ constructor: [] }), "permissions/unknown-feature"],
	],
);

headerTable(
	"Permissions-Policy-Report-Only",
	[
		[{}, undefined],
		[{ permissionsPolicyReportOnly: { useDefaults: false, features: { camera: [] } } }, "camera=()"],
	],
	[],
);

test("the default denies 22 features", () => {
	expect(headersOf({})["Permissions-Policy"]?.split(", ")).toHaveLength(22);
});

test("a retired name is refused with its successor, an unknown one with a suggestion", () => {
	expect(issuesOf(only({ windowPlacement: [] }))[0]?.message).toBe('received "windowPlacement", which browsers no longer support. Write windowManagement.');
	expect(issuesOf(only({ cammera: [] }))[0]?.message).toContain('Did you mean "camera"?');
});

test("a powerful feature for everybody is warned of", () => {
	expect(warningsOf(only({ camera: "*", fullscreen: "*" }))).toEqual(["permissionsPolicy.features.camera permissions/sensitive-wildcard"]);
});

test("the feature list is the one that its generator writes", () => {
	expect(readFileSync("src/headers/permissions-policy/features.ts", "utf8")).toBe(generate());
});
