import { readdirSync, readFileSync } from "node:fs";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { securedBy } from "../../src/compiled/index.ts";
import helmet from "../../src/helmet/index.ts";
import { httpsRedirect } from "../../src/https.ts";
import { csp, getNonce, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { compiledModule } from "../support/compiled.ts";

const src = join(import.meta.dirname, "../../src");

/** Every name that stands before a colon or behind a dot somewhere in the source. */
const NAMES: readonly string[] = [
	...new Set(
		readdirSync(src, { recursive: true, encoding: "utf8" })
			.filter((file) => file.endsWith(".ts") && !/^(?:audit|edge|cli|reports|testing|devtools|templates)\//.test(file))
			.flatMap((file) => [...readFileSync(join(src, file), "utf8").matchAll(/\.([A-Za-z]\w*)|([A-Za-z]\w*)\??[:(]/g)])
			.map(([, dotted, keyed]) => dotted ?? keyed ?? ""),
	),
].sort();

/** What Node itself stumbles over, in descriptors of properties; and what it and Express look up on a request and its socket as well. */
const FOREIGN = new Set(["get", "set", "value", "writable", "enumerable", "configurable", "encrypted", "secure"]);

const OPTIONS: readonly SecureHeadersOptions[] = [
	{},
	{ preset: "api" },
	{ preset: "ssr" },
	{ preset: "spa" },
	{ preset: "strict" },
	{ preset: "compatible" },
	{
		contentSecurityPolicy: { directives: { imgSrc: [csp.self] }, also: [{ frameAncestors: [csp.none] }] },
		strictTransportSecurity: { maxAge: 5 },
		permissionsPolicy: { features: { camera: [] } },
		crossOriginOpenerPolicy: "same-origin-allow-popups",
		reporting: { endpoint: "/_reports" },
		owner: { xFrameOptions: "edge" },
	},
];

const images = (): string => "https://img.example";
const dynamic = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [csp.self, images] } }, lock: ["xFrameOptions"] });
const COMPILED = [
	...OPTIONS.map((options) => ({ module: compiledModule(secureHeaders(options)), functions: {} })),
	{ module: compiledModule(dynamic, { open: dynamic.extend({ crossOriginEmbedderPolicy: "unsafe-none" }) }), functions: { sources: { images } } },
];

type Middleware = (req: never, res: never, next: () => void) => void;

function head(middleware: Middleware, act: (res: ServerResponse) => void = () => {}): string {
	const req = Object.assign(new IncomingMessage(new Socket()), { method: "GET", url: "/", headers: { host: "app.example" } });
	const res = new ServerResponse(req);
	middleware(req as never, res as never, () => {});
	act(res);
	if (!res.headersSent) res.writeHead(200);
	return String(Reflect.get(res, "_header"))
		.replace(/'nonce-[^']+'/g, "N")
		.replace(/Date:.*/, "");
}

/** Everything that a policy comes to, at start-up and on responses that were made before and after. */
function everything(made: readonly Middleware[]): string {
	const compiled = OPTIONS.flatMap((options) => {
		const headers = secureHeaders(options);
		const more = headers.extend({ contentSecurityPolicy: { directives: { baseUri: ["https://a.example"] } } });
		return [headers, more].map((one) => head(one as Middleware, options.preset === "spa" ? () => {} : (res) => void getNonce(res)));
	});
	const loaded = COMPILED.flatMap(({ module, functions }) => {
		const headers = securedBy(module, functions);
		return [headers, ...Object.values(headers.overrides)].flatMap((one) => [head(one as Middleware), head(one as Middleware, (res) => void getNonce(res))]);
	});
	const onMade = made.flatMap((middleware) => [
		head(middleware),
		head(middleware, (res) => res.removeHeader("X-Frame-Options")),
		head(middleware, (res) => void res.writeHead(304, { "X-Frame-Options": "" })),
	]);
	return [...compiled, ...loaded, ...onMade, head(helmet() as unknown as Middleware), head(httpsRedirect({ host: "www.example" }) as Middleware)].join("\n");
}

test("a polluted Object.prototype changes nothing, whatever its name and value", () => {
	const made = [
		...OPTIONS.map((options) => secureHeaders(options) as Middleware),
		...COMPILED.map(({ module, functions }) => securedBy(module, functions) as Middleware),
		helmet() as unknown as Middleware,
	];
	const clean = everything(made);
	expect(clean).toContain("X-Frame-Options: DENY");
	const names = NAMES.filter((name) => !FOREIGN.has(name) && !(name in {}));
	const changed: string[] = [];
	for (const value of [false, true, "x", ["x"], null]) {
		// Many at once, and one by one only where that changed something.
		for (let i = 0; i < names.length; i += 50) {
			const some = names.slice(i, i + 50);
			if (outcomeWith(some, value, made) === clean) continue;
			for (const name of some) {
				const outcome = outcomeWith([name], value, made);
				if (outcome !== clean) changed.push(`${name} = ${JSON.stringify(value)}: ${outcome.startsWith("threw") ? outcome.slice(0, 200) : "another head"}`);
			}
		}
	}
	expect(changed).toEqual([]);
}, 120_000);

function outcomeWith(names: readonly string[], value: unknown, made: readonly Middleware[]): string {
	for (const name of names) Object.defineProperty(Object.prototype, name, { configurable: true, enumerable: true, writable: true, value });
	try {
		return everything(made);
	} catch (error) {
		return `threw ${String(error)}`;
	} finally {
		for (const name of names) Reflect.deleteProperty(Object.prototype, name);
	}
}
