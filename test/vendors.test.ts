import { describe, expect, test } from "vitest";
import { PolicyError, secureHeaders } from "../src/index.ts";
import { compiledFrom } from "../src/policy/compile.ts";
import { PRESETS } from "../src/policy/presets.ts";
import * as sources from "../src/vendors.ts";

const { sentry, sentryReports, swaggerUi, bullBoard, apolloLandingPage, graphiql, ...vendors } = sources;
const A_DSN = "https://abc123@o1.ingest.de.sentry.io/42";

const additions = { ...vendors, sentry: sentry(A_DSN, { loader: true, replay: true }) };
const pages = { swaggerUi, bullBoard, apolloLandingPage, graphiql };

const textOf = (headers: ReturnType<typeof secureHeaders>): string => {
	const { text, nonced } = compiledFrom(headers).blocks[3]?.headers.find(({ name }) => name === "Content-Security-Policy") ?? {};
	return nonced?.join("N") ?? text ?? "";
};

describe("the sources of vendors", () => {
	test.each(Object.keys(additions))("%s can be added to the default policy and to each preset for pages, with no other warning than before", (name) => {
		const patch = additions[name as keyof typeof additions];
		for (const preset of [undefined, ...PRESETS.keys()] as const) {
			// They have no list of scripts for pages that an addition could add to.
			if (preset === "api" || preset === "compatible") continue;
			const headers = secureHeaders({ preset: preset as undefined });
			const extended = headers.extend(patch);
			// A policy that isolates, or lists a fallback for old browsers, has more to say.
			if (preset === undefined || preset === "spa") expect(extended.policy.warnings).toEqual(headers.policy.warnings);
			for (const [directive, list] of Object.entries((patch.contentSecurityPolicy as { directives: Record<string, string[]> }).directives)) {
				const text =
					textOf(extended)
						.split("; ")
						.find((part) => part.startsWith(`${directive.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} `)) ?? "";
				for (const source of list) expect(text.split(" ")).toContain(source);
			}
		}
	});

	test("all of them at once still fit, and the order does not matter", () => {
		const added = Object.values(additions).reduce((headers, patch) => headers.extend(patch), secureHeaders());
		const reversed = Object.values(additions)
			.toReversed()
			.reduce((headers, patch) => headers.extend(patch), secureHeaders());
		expect(textOf(added)).toBe(textOf(reversed));
		expect(textOf(added)).toContain("frame-ancestors 'none'");
	});

	test("exact texts", () => {
		const only = (patch: object) =>
			textOf(secureHeaders({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } } }).extend(patch));
		expect(only(vendors.stripe)).toBe(
			"default-src 'none'; connect-src https://api.stripe.com; frame-src https://*.js.stripe.com https://hooks.stripe.com https://js.stripe.com; script-src https://*.js.stripe.com https://js.stripe.com",
		);
		expect(only(sentry(A_DSN))).toBe("default-src 'none'; connect-src https://o1.ingest.de.sentry.io");
		expect(only(sentry(A_DSN, { replay: true }))).toBe(
			"default-src 'none'; child-src 'self' blob:; connect-src https://o1.ingest.de.sentry.io; worker-src 'self' blob:",
		);
	});

	test("popups keep their opener where a vendor needs it, and only there", () => {
		const openers = Object.entries(additions).flatMap(([name, patch]) =>
			patch.crossOriginOpenerPolicy === undefined ? [] : [[name, patch.crossOriginOpenerPolicy]],
		);
		expect(openers).toEqual([
			["googleIdentity", "same-origin-allow-popups"],
			["paypal", "same-origin-allow-popups"],
		]);
	});

	test("nobody can change them for others", () => {
		expect(() => Object.assign(vendors.stripe, { xFrameOptions: false })).toThrow(TypeError);
		expect(() => (vendors.stripe.contentSecurityPolicy as { directives: { scriptSrc: string[] } }).directives.scriptSrc.push("*")).toThrow(TypeError);
		expect(Object.isFrozen((vendors.stripe.contentSecurityPolicy as { directives: object }).directives)).toBe(true);
	});
});

describe("policies of pages that packages bring", () => {
	test.each(Object.keys(pages))("%s replaces the policy, and no other site can frame the page", (name) => {
		const headers = secureHeaders({ preset: "strict" }).replace(pages[name as keyof typeof pages]);
		expect(textOf(headers)).toContain("frame-ancestors 'none'");
		expect(textOf(headers)).toContain("object-src 'none'");
		expect(compiledFrom(headers).policy.models.get("xFrameOptions")).toBe("DENY");
	});

	test("Apollo's own policy is what holds inline scripts back there; the others allow none", () => {
		const inline = Object.entries(pages).filter(([, patch]) => /script-src [^;]*'unsafe-inline'/.test(textOf(secureHeaders().replace(patch))));
		expect(inline.map(([name]) => name)).toEqual(["apolloLandingPage"]);
	});
});

describe("a Sentry DSN", () => {
	test("gives the address for reports", () => {
		expect(sentryReports(A_DSN)).toBe("https://o1.ingest.de.sentry.io/api/42/security/?sentry_key=abc123");
		expect(sentryReports("http://abc@sentry.example:9000/errors/42")).toBe("http://sentry.example:9000/errors/api/42/security/?sentry_key=abc");
		const { warnings } = secureHeaders({ reporting: { endpoint: sentryReports(A_DSN) } }).policy;
		expect(warnings).toEqual([]);
	});

	test.each([
		"",
		"abc",
		"ftp://abc@o1.example/1",
		"https://o1.example/1",
		"https://a%20b@o1.example/1",
		"https://abc@o1.example/",
		"https://abc@o1.example/x;y",
		undefined,
		5,
	])("%j is refused", (dsn) => {
		expect(() => sentry(dsn as string)).toThrow(PolicyError);
		expect(() => sentryReports(dsn as string)).toThrow("is not a valid Sentry DSN");
	});
});
