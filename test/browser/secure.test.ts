import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import engines from "../../scripts/engines.json" with { type: "json" };
import { NAMES } from "../../src/headers/facts.ts";
import { SIGNED } from "../support/certificate.ts";
import { ENGINES, type Window } from "../support/engines.ts";
import { type Names, serveNames } from "../support/names.ts";

interface Row {
	readonly headers: (origin: string) => OutgoingHttpHeaders;
	/** What the header acts on, which is sent without it too. */
	readonly beside: (origin: string) => OutgoingHttpHeaders;
	/** What a host then sees. */
	readonly sees: RegExp;
}

const group = (origin: string) => ({ [NAMES.reportTo]: JSON.stringify({ group: "x", max_age: 100, endpoints: [{ url: `${origin}/_reports` }] }) });
const blocking = () => ({ [NAMES.contentSecurityPolicy]: "script-src 'self'; report-to x" });

/** Headers that browsers heed over https alone, from a site whose certificate they trust. */
const ROWS = {
	strictTransportSecurity: { headers: () => ({ [NAMES.strictTransportSecurity]: "max-age=100" }), beside: () => ({}), sees: /^https GET \/again/ },
	reportingEndpoints: { headers: () => ({ [NAMES.reportingEndpoints]: 'x="/_reports"' }), beside: blocking, sees: /POST \/_reports csp-violation/ },
	reportTo: { headers: group, beside: blocking, sees: /POST \/_reports csp-violation/ },
	nel: {
		headers: () => ({ [NAMES.nel]: '{"report_to":"x","max_age":100,"success_fraction":1}' }),
		beside: group,
		sees: /POST \/_reports network-error/,
	},
} satisfies Partial<Record<keyof typeof engines.effective, Row>>;

const KEYS = Object.keys(ROWS) as (keyof typeof ROWS)[];
/** A host each, since browsers keep what they were told; with the header, and without it as the control. */
const hostOf = (key: keyof typeof ROWS, kind: "with" | "without"): string => `${kind}-${key.toLowerCase()}.app.example`;
const HOSTS = KEYS.flatMap((key) => [hostOf(key, "with"), hostOf(key, "without")]);

const seen = new Map<string, string[]>();
const servers: Server[] = [];
let names: Names;
beforeAll(async () => {
	servers.push(createServer(answerFor("http")), createHttpsServer(SIGNED, answerFor("https")));
	const ports: number[] = [];
	for (const server of servers) {
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		ports.push((server.address() as AddressInfo).port);
	}
	names = await serveNames(Object.fromEntries(HOSTS.flatMap((host) => [80, 443].map((port, i) => [`${host}:${port}`, ports[i] ?? 0]))));
});
afterAll(() => {
	names.close();
	for (const server of servers) server.close();
});

function answerFor(scheme: "http" | "https"): RequestListener {
	return async (req, res) => {
		const host = req.headers.host ?? "";
		const type = req.method === "POST" ? ` ${typeOf(await textOf(req))}` : "";
		seen.set(host, [...(seen.get(host) ?? []), `${scheme} ${req.method} ${req.url}${type}`]);
		const key = KEYS.find((one) => host.endsWith(`-${one.toLowerCase()}.app.example`));
		if (key === undefined || scheme === "http") return void res.end();
		const origin = `https://${host}`;
		for (const [name, value] of Object.entries(ROWS[key].beside(origin))) res.setHeader(name, String(value));
		if (host.startsWith("with-")) for (const [name, value] of Object.entries(ROWS[key].headers(origin))) res.setHeader(name, String(value));
		res.setHeader("Content-Type", "text/html").end("<!doctype html><title>page</title><script>blocked()</script>");
	};
}

async function textOf(req: IncomingMessage): Promise<string> {
	let text = "";
	for await (const chunk of req) text += chunk;
	return text;
}

function typeOf(report: string): string {
	const [first] = [JSON.parse(report) as { readonly type?: string }].flat();
	return first?.type ?? "csp-report";
}

describe.each(ENGINES)("in $name", ({ name, start }) => {
	let window: Window;
	beforeAll(async () => {
		seen.clear();
		window = await start({ ...names, certificate: SIGNED });
	});
	afterAll(() => window?.close());

	test("what the data says has an effect over https", { timeout: 90_000 }, async () => {
		for (const host of HOSTS) {
			await window.open(`https://${host}/`);
			await window.open(`http${host.includes("-stricttransport") ? "" : "s"}://${host}/again`);
		}
		const saw = (key: keyof typeof ROWS, kind: "with" | "without"): boolean => (seen.get(hostOf(key, kind)) ?? []).some((line) => ROWS[key].sees.test(line));
		const effective = KEYS.filter((key) => (engines.effective[key] as readonly string[]).includes(name));
		await expect.poll(() => KEYS.filter((key) => saw(key, "with")), { timeout: 20_000 }).toEqual(effective);
		// What is late would show that the data is wrong.
		await wait(3000);
		expect(KEYS.filter((key) => saw(key, "with"))).toEqual(effective);
		expect(KEYS.filter((key) => saw(key, "without"))).toEqual([]);
	});
});
