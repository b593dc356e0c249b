import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { vi } from "vitest";
import type { Helmet } from "../../src/helmet/types.ts";

/** A value of an option, made anew for each library: iterators are used up, and each has a symbol of its own. */
type Make = (helmet: Helmet, calls: unknown[]) => unknown;

/** One application: what it mounts, and what its handler does then. */
export interface Case {
	readonly mounts: readonly { readonly name: string; readonly options: Make }[];
	readonly handler: readonly (readonly [method: "setHeader" | "removeHeader", name: string, value?: string])[];
	readonly locals: boolean;
	readonly shown: string;
}

export interface Outcome {
	/** What went wrong when it was made, and what was warned of. */
	readonly start: readonly string[];
	/** Calls of next and of functions, and what was thrown, in order. */
	readonly log: readonly string[];
	/** Some middleware failed. */
	readonly failed: boolean;
	/** On the response before the handler. */
	readonly before: readonly string[];
	/** What went out, without Date. */
	readonly sent: readonly string[];
}

type Random = (below: number) => number;

const THROWN = new Error("thrown by a function of the policy");

const ENTRIES = ["'self'", "'none'", "https:", "data:", "https://cdn.example", "'unsafe-inline'", "'nonce-abc'", "*", "", " two  words ", "'sha256-x'"].concat([
	"self",
	"none",
	"nonce-x",
	"sha256-x",
	"sha512-x",
	"strict-dynamic",
	"wasm-unsafe-eval",
	"a;b",
	"a,b",
	"line\nbreak",
	"ümlaut",
	"€",
	"self https:",
]);
const DIRECTIVES = ["defaultSrc", "default-src", "scriptSrc", "script-src", "imgSrc", "frameAncestors", "upgradeInsecureRequests", "unknownThing"].concat(
	["sandbox", "reportUri", "x", "aB-c1", "connectSrc", "styleSrc", "objectSrc"],
	["Default-Src", "", "a-", "a b", "-a", "ä", "1a", "constructor"],
);

export function makeCase(random: Random): Case {
	const one = <Value>(list: readonly Value[]): Value => list[random(list.length)] as Value;
	const rarely = (): boolean => random(12) === 0;
	const shown: string[] = [];
	const show = <Value>(text: string, value: Value): Value => {
		shown.push(text);
		return value;
	};
	const entryText = (): string => (rarely() ? one(ENTRIES) : (ENTRIES[random(11)] as string));
	const functionOf = (): Make => {
		const kind = random(24);
		const text = entryText();
		shown.push(`function ${kind} ${JSON.stringify(text)}`);
		return (_helmet, calls) => (req: unknown, res: unknown) => {
			calls.push(`asked ${typeof req} ${typeof res}`);
			if (kind === 0) throw THROWN;
			if (kind === 1) throw "a string";
			if (kind === 2) return undefined;
			if (kind === 3) return 5;
			if (kind === 4) return Promise.resolve("'self'");
			return text;
		};
	};
	const entry = (): Make => {
		const kind = random(20);
		if (kind < 4) return functionOf();
		if (kind === 4 && rarely()) return show("number", () => 5);
		const text = entryText();
		return show(JSON.stringify(text), () => text);
	};
	const list = (): readonly Make[] => Array.from({ length: random(4) }, entry);
	const directiveValue = (): Make => {
		const kind = random(40);
		if (kind === 0) return show("null", () => null);
		if (kind === 1) return show("symbol", (helmet) => helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc);
		if (kind === 2) {
			const value = one([false, 0, undefined, true, 5, {}]);
			return show(String(value), () => value);
		}
		if (kind < 8) {
			const text = entryText();
			return show(JSON.stringify(text), () => text);
		}
		const entries = list();
		if (kind < 12) return show("Set", (...from) => new Set(entries.map((make) => make(...from))));
		if (kind < 16) return show("iterable", (...from) => ({ [Symbol.iterator]: () => entries.map((make) => make(...from))[Symbol.iterator]() }));
		return show("array", (...from) => entries.map((make) => make(...from)));
	};
	const directives = (): Make => {
		const names = Array.from({ length: random(5) }, () => (rarely() ? one(DIRECTIVES) : (DIRECTIVES[random(15)] as string)));
		const values = names.map((name) => [show(`${name}:`, name), directiveValue()] as const);
		return (...from) => Object.fromEntries(values.map(([name, make]) => [name, make(...from)]));
	};
	const csp = (): Make => {
		const useDefaults = one([undefined, undefined, true, false]);
		const reportOnly = one([undefined, undefined, false, true]);
		const given = random(8) === 0 ? undefined : show(`csp ${useDefaults} ${reportOnly}`, directives());
		return (...from) => ({
			...(useDefaults === undefined ? {} : { useDefaults }),
			...(reportOnly === undefined ? {} : { reportOnly }),
			...(given === undefined ? {} : { directives: given(...from) }),
		});
	};
	const wrong = (): unknown => one([null, 5, "x", [], {}, true, undefined, { policy: undefined }, Symbol.iterator]);
	const fixed = (value: unknown): Make => show(JSON.stringify(value) ?? String(value), () => value);
	const optionsOf = (name: string): Make => {
		if (rarely()) return fixed(wrong());
		if (name === "contentSecurityPolicy") return csp();
		const values = OPTIONS[name];
		return fixed(values === undefined ? one([undefined, {}]) : one(values));
	};
	const composite = (): Make => {
		const names = Object.keys(ALIASES).concat(
			Object.values(ALIASES).filter((alias) => alias !== ""),
			["permissionsPolicy", "toString"],
		);
		const keys = [...new Set(Array.from({ length: random(6) }, () => one(names)))];
		const values = keys.map((key) => [key, show(`${key}=`, random(3) === 0 ? fixed(one([true, false, undefined])) : optionsOf(newName(key)))] as const);
		return (...from) => Object.fromEntries(values.map(([key, make]) => [key, make(...from)]));
	};
	const mounts = Array.from({ length: 1 + random(3) }, () => {
		const name = random(3) === 0 ? one(Object.keys(ALIASES).concat(Object.values(ALIASES).filter((alias) => alias !== ""))) : "helmet";
		shown.push(`| ${name}`);
		return { name, options: name === "helmet" ? (rarely() ? fixed(wrong()) : composite()) : optionsOf(newName(name)) };
	});
	const handler = Array.from({ length: Math.max(0, random(5) - 2) }, () => {
		const name = one(HANDLED);
		return random(3) === 0 ? (["removeHeader", name] as const) : (["setHeader", name, one(["a", "default-src 'self'", "DENY"])] as const);
	});
	return { mounts, handler, locals: random(2) === 0, shown: `${shown.join(" ")} ${JSON.stringify(handler)}` };
}

/** What a handler does to headers of its own, and to those of helmet that one may set or take off beside others. */
const HANDLED = ["X-Own", "Content-Type", "Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "X-DNS-Prefetch-Control"];

const ALIASES: Readonly<Record<string, string>> = {
	contentSecurityPolicy: "",
	crossOriginEmbedderPolicy: "",
	crossOriginOpenerPolicy: "",
	crossOriginResourcePolicy: "",
	originAgentCluster: "",
	referrerPolicy: "",
	strictTransportSecurity: "hsts",
	xContentTypeOptions: "noSniff",
	xDnsPrefetchControl: "dnsPrefetchControl",
	xDownloadOptions: "ieNoOpen",
	xFrameOptions: "frameguard",
	xPermittedCrossDomainPolicies: "permittedCrossDomainPolicies",
	xPoweredBy: "hidePoweredBy",
	xXssProtection: "xssFilter",
};

function newName(key: string): string {
	return Object.keys(ALIASES).find((name) => ALIASES[name] === key) ?? key;
}

const policies = (...tokens: readonly unknown[]): readonly unknown[] => [undefined, {}, ...tokens.map((policy) => ({ policy }))];
const OPTIONS: Readonly<Record<string, readonly unknown[]>> = {
	crossOriginEmbedderPolicy: policies("require-corp", "credentialless", "unsafe-none", "x", 5),
	crossOriginOpenerPolicy: policies("same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none", "X", null),
	crossOriginResourcePolicy: policies("same-origin", "same-site", "cross-origin", "", []),
	referrerPolicy: policies("no-referrer", "", "unsafe-url", ["no-referrer", "origin"], ["origin", "origin"], [], ["x"], 5, [""]),
	strictTransportSecurity: [0, 1, 1.5, 1e21, -1, -0.5, Number.NaN, Number.POSITIVE_INFINITY, "5", null, 31_536_000]
		.map((maxAge): unknown => ({ maxAge }))
		.concat([{ includeSubDomains: false }, { includeSubDomains: 0, preload: 1 }, { preload: true }, { maxage: 5 }, { includeSubdomains: true }, undefined]),
	xDnsPrefetchControl: [undefined, {}, { allow: true }, { allow: false }, { allow: "yes" }],
	xFrameOptions: ["deny", "DENY", "sameorigin", "same-origin", "Same-Origin", "ALLOW-FROM", "", 5, null, {}].map((action): unknown => ({ action })),
	xPermittedCrossDomainPolicies: ["none", "master-only", "by-content-type", "all", "x", 5].map((permittedPolicies): unknown => ({ permittedPolicies })),
};

/** Runs an application without a framework: each middleware with a `next` of its own, and no handler after a failure. */
export function run(helmet: Helmet, { mounts, handler, locals }: Case): Outcome {
	const calls: unknown[] = [];
	const start: string[] = [];
	const warn = vi.spyOn(console, "warn").mockImplementation((...args) => void start.push(`warned ${args.join(" ")}`));
	const middlewares = mounts.map(({ name, options }) => {
		try {
			const create = (name === "helmet" ? helmet : Reflect.get(helmet, name)) as (options: unknown) => Parameters<typeof runOne>[0];
			const middleware = create(options(helmet, calls));
			start.push(`${create.name} ${create.length} ${middleware.name} ${middleware.length}`);
			return middleware;
		} catch (error) {
			start.push(`threw ${describeError(error)}`);
			return undefined;
		}
	});
	warn.mockRestore();
	const req = new IncomingMessage(new Socket());
	Object.assign(req, { method: "GET", url: "/", httpVersionMajor: 1, httpVersionMinor: 1, headers: { host: "localhost" } });
	const res = new ServerResponse(req);
	if (locals) Reflect.set(res, "locals", {});
	res.setHeader("X-Powered-By", "Express");
	let failed = false;
	for (const middleware of middlewares) {
		if (middleware === undefined || failed) continue;
		failed = runOne(middleware, req, res, calls);
	}
	const before = Object.entries(res.getHeaders()).map(([name, value]) => `${name}: ${value}`);
	for (const [method, name, value] of failed ? [] : handler) res[method](name, value ?? "");
	res.end();
	const [head = ""] = String(Reflect.get(res, "_header")).split("\r\n\r\n");
	const sent = head.split("\r\n").filter((line) => !line.startsWith("Date:"));
	return { start, log: calls.map(String), failed, before, sent };
}

type Next = (error?: unknown) => void;

function runOne(
	middleware: (req: IncomingMessage, res: ServerResponse, next: Next) => void,
	req: IncomingMessage,
	res: ServerResponse,
	calls: unknown[],
): boolean {
	let failed = false;
	try {
		middleware(req, res, (...args) => {
			failed ||= args[0] !== undefined;
			calls.push(args.length === 0 ? "next" : `next ${args[0] === THROWN ? "the same error" : describeError(args[0])}`);
		});
	} catch (error) {
		failed = true;
		calls.push(`threw ${error === THROWN ? "the same error" : describeError(error)}`);
	}
	return failed;
}

function describeError(error: unknown): string {
	return error instanceof Error ? `${error.constructor.name} ${Reflect.get(error, "code") ?? ""} ${error.message}` : `no error: ${String(error)}`;
}
