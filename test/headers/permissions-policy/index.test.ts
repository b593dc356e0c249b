import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { generate } from "../../../scripts/features.ts";
import { type PermissionsPolicyFeatures, secureHeaders } from "../../../src/index.ts";
import { type CompiledPolicy, compiledOf } from "../../../src/policy/compile.ts";
import { blockFor } from "../../../src/response/wire.ts";
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

describe("a feature that is a part of another", () => {
	const NETWORK = ["local-network", "loopback-network", "local-network-access"];
	/** The members of the header that are about the network, in its order. */
	const network = (text: string | undefined): string | undefined =>
		text
			?.split(", ")
			.filter((member) => NETWORK.includes(member.split("=")[0] ?? ""))
			.join(", ");
	const sent = (made: unknown): string | undefined => network(textOf(compiledOf(made)));
	const textOf = (compiled: CompiledPolicy | undefined): string | undefined =>
		compiled && blockFor(compiled, true, true).headers.find(({ name }) => name === "Permissions-Policy")?.text;
	const made = (features: PermissionsPolicyFeatures) => secureHeaders({ permissionsPolicy: { features } });

	test.each([
		[{}, "local-network-access=()"],
		[{ loopbackNetwork: ["self"] }, "loopback-network=self, local-network-access=()"],
		[{ localNetwork: ["self"] }, "local-network=self, local-network-access=()"],
		[{ localNetwork: "*", loopbackNetwork: [] }, "local-network=*, loopback-network=(), local-network-access=()"],
		[{ localNetworkAccess: ["self"] }, "local-network-access=self"],
		[{ localNetworkAccess: ["self"], loopbackNetwork: [] }, "loopback-network=(), local-network-access=self"],
		[{ loopbackNetwork: [], localNetworkAccess: ["self"] }, "loopback-network=(), local-network-access=self"],
		[{ loopbackNetwork: null }, "local-network=()"],
		[{ localNetwork: null, loopbackNetwork: ["self"] }, "loopback-network=self"],
		[{ localNetworkAccess: ["self"], loopbackNetwork: null }, "local-network=self"],
		[{ localNetworkAccess: null }, ""],
		[{ localNetworkAccess: null, loopbackNetwork: [] }, "loopback-network=()"],
	] as const)("%j is sent as %s", (features, text) => {
		expect(sent(made(features))).toBe(text);
	});

	test("an addition to a part starts from the whole", () => {
		expect(sent(made({}).extend({ permissionsPolicy: { features: { loopbackNetwork: ["self"] } } }))).toBe("loopback-network=self, local-network-access=()");
		const partner = made({ localNetworkAccess: ["https://a.example"] });
		expect(sent(partner.extend({ permissionsPolicy: { features: { loopbackNetwork: ["self"] } } }))).toBe(
			'loopback-network=(self "https://a.example"), local-network-access=("https://a.example")',
		);
	});

	test("an addition to the whole reaches the parts", () => {
		const more = { permissionsPolicy: { features: { localNetworkAccess: ["self"] } } } as const;
		expect(sent(made({ loopbackNetwork: ["https://a.example"] }).extend(more))).toBe('loopback-network=(self "https://a.example"), local-network-access=self');
		const parts = secureHeaders({ permissionsPolicy: { useDefaults: false, features: { loopbackNetwork: [] } } });
		expect(sent(parts.extend(more))).toBe("loopback-network=self");
		const other = secureHeaders({ permissionsPolicy: { useDefaults: false, features: { camera: [] } } });
		expect(() => other.extend(more)).toThrow("override/restricts");
	});

	test("additions to both commute", () => {
		const [part, whole] = [
			{ permissionsPolicy: { features: { loopbackNetwork: ["https://a.example"] } } },
			{ permissionsPolicy: { features: { localNetworkAccess: ["https://b.example"] } } },
		] as const;
		const expected = 'loopback-network=("https://a.example" "https://b.example"), local-network-access=("https://b.example")';
		expect([sent(made({}).extend(part).extend(whole)), sent(made({}).extend(whole).extend(part))]).toEqual([expected, expected]);
	});

	test("null gives one part back to the browser, or all", () => {
		expect(sent(made({}).extend({ permissionsPolicy: { features: { loopbackNetwork: null } } }))).toBe("local-network=()");
		expect(sent(made({ loopbackNetwork: [] }).extend({ permissionsPolicy: { features: { localNetworkAccess: null } } }))).toBe("");
	});

	test("a route that names the whole replaces the parts of the base", () => {
		const base = made({ loopbackNetwork: ["self"] });
		expect(sent(base.replace({ permissionsPolicy: { features: { localNetworkAccess: [] } } }))).toBe("local-network-access=()");
	});
});

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
