import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import helmet from "../../../src/helmet/index.ts";
import { csp, getNonce, type SecureHeaders, secureHeaders } from "../../../src/index.ts";
import { type Ask, listen, type Running, STACKS } from "../../support/stacks.ts";

let running: Running | undefined;
afterEach(() => running?.close());

const NEW = "'brand-new'";
const SENT = `default-src 'self'; brand-new-src 'none'; script-src 'self' ${NEW}`;

/** A policy with what this version does not know, and the codes of its events. */
function policyOf({ hasNonce = false, isLocked = false }: { hasNonce?: boolean; isLocked?: boolean } = {}): { headers: SecureHeaders; codes: string[] } {
	const codes: string[] = [];
	const headers = secureHeaders({
		contentSecurityPolicy: {
			useDefaults: false,
			directives: { defaultSrc: [csp.self], scriptSrc: [csp.self, ...(hasNonce ? [csp.nonce] : []), csp.raw(NEW)] },
			allowUnknownDirectives: { "brand-new-src": [csp.none] },
		},
		...(isLocked ? { lock: ["contentSecurityPolicy"] as const } : {}),
		onEvent: ({ code }) => void codes.push(code),
	});
	return { headers, codes };
}

describe.each(STACKS.filter(({ framework }) => framework !== undefined))("csp.raw on $name", ({ create, http2 }) => {
	const ask = async (middlewares: readonly unknown[], request: Ask = {}) => {
		const app = create();
		for (const middleware of middlewares) app.use(middleware as never);
		app.use(((_req: IncomingMessage, res: ServerResponse) => {
			res.setHeader("Content-Type", "text/html");
			res.end(`<script nonce="${getNonce(res as never)}"></script>`);
		}) as never);
		running = await listen(app as never, http2);
		const answer = await running.ask(request);
		return answer.get("content-security-policy");
	};
	const notModified = (_req: IncomingMessage, res: ServerResponse): void => {
		res.statusCode = 304;
		res.end();
	};

	test("a page has the word and the directive, once", async () => {
		expect(await ask([policyOf().headers])).toEqual([SENT]);
	});

	test("so has a 304, unless the policy has a nonce, since the stored page keeps its own", async () => {
		expect(await ask([policyOf().headers, notModified])).toEqual([SENT]);
		await running?.close();
		expect(await ask([policyOf({ hasNonce: true }).headers, notModified])).toEqual([]);
		await running?.close();
		expect(await ask([policyOf({ hasNonce: true }).headers])).toEqual([expect.stringMatching(/script-src 'self' 'nonce-[\w-]{22}' 'brand-new'$/)]);
	});

	test("an override adds a word in one response, and replaces what was there", async () => {
		const { headers, codes } = policyOf();
		const changed = (mode: "extend" | "replace") => (_req: IncomingMessage, res: ServerResponse, next: () => void) => {
			headers.override(res as never, { contentSecurityPolicy: { directives: { scriptSrc: [csp.raw("'newer'")] } } }, mode);
			next();
		};
		expect(await ask([headers, changed("extend")])).toEqual([`${SENT} 'newer'`]);
		await running?.close();
		expect(await ask([headers, changed("replace")])).toEqual(["script-src 'newer'"]);
		await running?.close();
		expect(await ask([headers]), "another response").toEqual([SENT]);
		expect(codes).not.toContain("override/weaker");
	});

	test("an override with what this version knows is refused, and the policy stays", async () => {
		const { headers } = policyOf();
		const refused: unknown[] = [];
		const change = (_req: IncomingMessage, res: ServerResponse, next: () => void): void => {
			try {
				headers.override(res as never, { contentSecurityPolicy: { directives: { scriptSrc: [csp.raw("https://a.example")] } } });
			} catch (error) {
				refused.push((error as { issues: readonly { code: string }[] }).issues.map(({ code }) => code));
			}
			next();
		};
		expect(await ask([headers, change])).toEqual([SENT]);
		expect(refused).toEqual([["csp/raw-known"]]);
	});

	test("headguard/helmet below it replaces the policy; above it, or where the policy is locked, it does not", async () => {
		const [policy] = await ask([policyOf().headers, helmet()]);
		expect([policy?.includes(NEW), policy?.startsWith("default-src 'self';base-uri 'self';")]).toEqual([false, true]);
		await running?.close();
		expect(await ask([helmet(), policyOf().headers])).toEqual([SENT]);
		await running?.close();
		const locked = await ask([policyOf({ isLocked: true }).headers, helmet()]);
		expect(locked.join().split(/[;,] ?/)).toEqual(expect.arrayContaining(["brand-new-src 'none'", `script-src 'self' ${NEW}`]));
	});
});
