/** Runs the versions of helmet that the tests have, beside what their code becomes. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect } from "vitest";
import { type HelmetVersion, NEWEST_VERSION, readVersion } from "../../src/cli/migrate/versions.ts";
import { parse } from "../../src/csp/serialize.ts";

export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
export type Headers = ReadonlyMap<string, string>;

const require = createRequire(import.meta.url);
const HELMETS: ReadonlyMap<number, () => (options?: object) => Middleware> = new Map([
	[3, () => require("helmet3")],
	[4, () => require("helmet4")],
	[5, () => require("helmet5")],
	[6, () => require("helmet6")],
	[7, () => require("helmet7")],
	[8, () => require("helmet")],
]);
export const MAJORS = [...HELMETS.keys()];
export const helmetOf = (major: number): ((options?: object) => Middleware) => (HELMETS.get(major) ?? expect.fail())();
const packageOf = (major: number): string => (major === 8 ? "helmet" : `helmet${major}`);
export const versionOf = (major: number): HelmetVersion =>
	readVersion(JSON.parse(readFileSync(`node_modules/${packageOf(major)}/package.json`, "utf8")).version) ?? NEWEST_VERSION;

let server: Server;
let mounted: readonly Middleware[] = [];

/** Starts the server of `headersWith` for the tests of a file. */
export function serveForTests(): void {
	beforeAll(start);
	afterAll(() => void server.close());
}

async function start(): Promise<void> {
	server = createServer((req, res) => {
		// As behind a proxy that ends TLS.
		Object.assign(req.socket, { encrypted: true });
		Object.assign(res, { locals: { nonce: randomBytes(16).toString("hex") } });
		res.setHeader("X-Powered-By", "Express");
		const run = ([first, ...rest]: readonly Middleware[]): void => {
			if (first === undefined) res.end();
			else first(req, res, (error) => (error === undefined ? run(rest) : res.writeHead(500).end()));
		};
		run(mounted);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

const UNRELATED = new Set(["date", "connection", "keep-alive", "content-length", "transfer-encoding", "etag"]);

/** Undefined if the application answers with an error. */
export function headersWith(middlewares: readonly Middleware[], path = "/"): Promise<Headers | undefined> {
	mounted = middlewares;
	const { port } = server.address() as AddressInfo;
	return new Promise((resolve, reject) => {
		// helmet 3 sends more headers to a request without a User-Agent.
		request({ port, path, host: "127.0.0.1", headers: { host: "app.example", "user-agent": "" } }, (res) => {
			const nonce = read(res);
			const all = Object.entries(res.headers).map(([name, value]) => [name, String(value).replace(/'nonce-[\w+/=-]{16,}'/g, "N")] as const);
			nonce.then((fits) => resolve(res.statusCode === 500 ? undefined : new Map([...all.filter(([name]) => !UNRELATED.has(name)), ...fits])), reject);
		})
			.on("error", reject)
			.end();
	});
}

/** Whether the nonce of the page is in its policy. */
async function read(res: IncomingMessage): Promise<readonly (readonly [string, string])[]> {
	const chunks: Buffer[] = [];
	for await (const chunk of res) chunks.push(chunk);
	const [, nonce] = /nonce="([^"]*)"/.exec(Buffer.concat(chunks).toString()) ?? [];
	return nonce === undefined ? [] : [["(the nonce of the page)", String(res.headers["content-security-policy"]?.includes(`'nonce-${nonce}'`))]];
}

/** What stands for a header in the notes. */
const NAMES: Readonly<Record<string, string>> = {
	"cache-control": "Cache-Control",
	"expect-ct": "expectCt",
	"feature-policy": "featurePolicy",
	"x-content-security-policy": "X-Content-Security-Policy",
	"x-webkit-csp": "X-WebKit-CSP",
	"x-content-security-policy-report-only": "X-Content-Security-Policy",
	"x-webkit-csp-report-only": "X-WebKit-CSP",
	"x-dns-prefetch-control": "xDnsPrefetchControl",
	"x-xss-protection": "xXssProtection",
};
const camel = (name: string): string => NAMES[name] ?? name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** No note explains a difference of these headers as a whole. */
const KEPT = /^(?:content-security|cross-origin|origin-agent|strict-transport|x-content-type)/;

/** What differs and is not in the notes. */
export function unexplained(before: Headers, after: Headers, notes: readonly string[]): readonly string[] {
	const all = notes.join("\n");
	return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
		const [old, fresh] = [before.get(name), after.get(name)];
		if (old?.replaceAll(" ", "") === fresh?.replaceAll(" ", "")) return [];
		if (name === "strict-transport-security" && old?.replace("; preload", "") === fresh && all.includes("preload is left out")) return [];
		if (name.startsWith("content-security-policy") && old !== undefined && fresh !== undefined) {
			const [was, is] = [parse(old), parse(fresh)];
			return [...new Set([...was.keys(), ...is.keys()])].flatMap((directive) => {
				if ((was.get(directive) ?? ["-"]).join(" ") === (is.get(directive) ?? ["-"]).join(" ")) return [];
				return notes.some((note) => note.startsWith(`${directive}:`) || note.startsWith(`${camel(directive)}:`)) ? [] : [`${directive}: ${old} → ${fresh}`];
			});
		}
		const isNamed = notes.some((note) => (/^.*?(?=:| is )/.exec(note)?.[0] ?? "").split(/, | and /).includes(camel(name)));
		return isNamed && !KEPT.test(name) ? [] : [`${name}: ${old} → ${fresh}`];
	});
}
