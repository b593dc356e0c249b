import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import express, { type Request, type Response } from "express";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exchangeFrom } from "../../src/audit/from-policy.ts";
import { judge } from "../../src/audit/judge.ts";
import { projectOf } from "../../src/cli/deploy/frameworks.ts";
import { deploymentOf } from "../../src/cli/deployment.ts";
import { FRAMEWORKS } from "../../src/cli/frameworks.ts";
import { nonceHeader } from "../../src/frameworks/index.ts";
import { csp, getNonce, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { compiledFrom } from "../../src/policy/compile.ts";

let folder = "";
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "headguard-frameworks-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (file: string, text: string): void => {
	mkdirSync(dirname(join(folder, file)), { recursive: true });
	writeFileSync(join(folder, file), text);
};
const uses = (...packages: readonly string[]): void =>
	write("package.json", JSON.stringify({ dependencies: Object.fromEntries(packages.map((name) => [name, "*"])) }));

/** What is found about frameworks in an application. */
function foundIn(options: SecureHeadersOptions = {}, name?: string, hasApplication = true): readonly string[] {
	const headers = secureHeaders(options);
	const app = express();
	app.use(headers);
	if (name !== undefined) app.use(nonceHeader(name));
	const compiled = compiledFrom(headers);
	const deployment = deploymentOf(compiled, hasApplication ? (app as never) : undefined, undefined, "production", folder);
	return judge([exchangeFrom(compiled, "app.js", deployment)]).flatMap(({ id, message }) => (id.startsWith("deploy/framework-") ? [`${id}: ${message}`] : []));
}

describe("a framework whose recipe is not followed is named, and one whose recipe is followed is not", () => {
	test.each<[string, string, string | undefined, Readonly<Record<string, string>>, RegExp]>([
		["next", "next", "next", {}, /^deploy\/framework-nonce: Next does not receive the nonce\..*Recipe: docs\/frameworks\/next\.md\.$/],
		[
			"nuxt",
			"nuxt",
			"x-nonce",
			{ "app/plugins/nonce.server.ts": 'injectHead().use({ hooks: { "tags:resolve": mark } })' },
			/^deploy\/framework-nonce: Nuxt does not receive the nonce\..*Recipe: docs\/frameworks\/nuxt\.md\./s,
		],
		["angular", "@angular/core", undefined, { "src/index.html": '<app-root ngCspNonce="x">' }, /^deploy\/framework-nonce: Angular does not write the nonce\./],
		["react-router", "@react-router/node", undefined, { "app/entry.server.tsx": "<ServerRouter nonce={nonce} />" }, /React Router does not write the nonce\./],
		["vike", "vike", undefined, { "server/index.js": "renderPage({ cspNonce: getNonce(res) })" }, /Vike does not receive the nonce\./],
		["sveltekit", "@sveltejs/kit", undefined, { "svelte.config.js": "export default { kit: { csp: {} } }" }, /^deploy\/framework-csp: SvelteKit /],
		["astro", "astro", undefined, { "astro.config.mjs": "export default { security: { csp: true } }" }, /^deploy\/framework-csp: Astro /],
		[
			"graphql-yoga",
			"graphql-yoga",
			undefined,
			{ "src/server.ts": "createYoga({ schema, graphiql: false })" },
			/^deploy\/framework-csp: GraphiQL of GraphQL Yoga /,
		],
		["adminjs", "adminjs", undefined, { "headers.js": "scriptSrc: [csp.self, csp.unsafeInline]" }, /^deploy\/framework-csp: The pages of AdminJS /],
	])("%s", (_name, dependency, header, files, message) => {
		uses(dependency);
		expect(foundIn().join("\n")).toMatch(message);
		for (const [file, text] of Object.entries(files)) write(file, text);
		expect(foundIn({}, header)).toEqual([]);
	});

	test.each(["createYoga({ schema })", "createYoga({ graphiql: true })", "createYoga({ graphiql:true })", "createYoga({ graphiql: { title: 'It' } })"])(
		"GraphiQL comes from a CDN: %s",
		(code) => {
			uses("graphql-yoga");
			write("server.js", code);
			expect(foundIn().join()).toMatch(/Recipe: docs\/frameworks\/graphql-yoga\.md\.$/);
		},
	);

	test.each(['graphiql: process.env.NODE_ENV === "development"', "graphiql:false", "renderGraphiQL({})"])(
		"GraphiQL does not come from a CDN in production: %s",
		(code) => {
			uses("graphql-yoga");
			write("src/server/index.ts", code);
			expect(foundIn()).toEqual([]);
		},
	);

	test("Nuxt needs both of its parts", () => {
		uses("nuxt");
		expect(foundIn()).toHaveLength(2);
		expect(foundIn({}, "x-nonce").join()).toMatch(/^deploy\/framework-nonce: Nuxt does not write the nonce\./);
		// A hook that sees the text of the page marks what a visitor has written into an attribute.
		write("server/plugins/nonce.ts", 'nitro.hooks.hook("render:html", mark)');
		expect(foundIn({}, "x-nonce").join()).toMatch(/tags:resolve/);
	});
});

describe("Next receives the nonce in a header of the request that the application writes itself", () => {
	type Handler = (req: Request, res: Response, next: () => void) => void;
	const found = (...handlers: readonly unknown[]): number => {
		uses("next");
		const headers = secureHeaders();
		const app = express();
		for (const handler of handlers) app.use((handler === "policy" ? headers : handler) as Handler);
		const compiled = compiledFrom(headers);
		const deployment = deploymentOf(compiled, app as never, undefined, "production", folder);
		return judge([exchangeFrom(compiled, "app.js", deployment)]).filter(({ id }) => id === "deploy/framework-nonce").length;
	};
	const NAME = "x-nonce";
	const give: Handler = (req, res, next) => {
		req.headers["x-nonce"] = String(res.locals["cspNonce"]);
		next();
	};
	const answer = (_req: Request, res: Response): void => void res.end();

	test.each<[string, Handler]>([
		["an assignment", give],
		[
			"getNonce()",
			(req, res, next) => {
				const nonce = getNonce(res);
				req.headers["x-nonce"] = nonce;
				next();
			},
		],
		[
			"the policy that Next reads",
			(req, res, next) => {
				req.headers["content-security-policy"] = `script-src 'nonce-${getNonce(res)}'`;
				next();
			},
		],
		[
			"a name from elsewhere",
			(req, res, next) => {
				req.headers[NAME] = getNonce(res);
				next();
			},
		],
		[
			"a getter",
			(req, res, next) => {
				Object.defineProperty(req.headers, "x-nonce", { get: () => getNonce(res) });
				next();
			},
		],
		[
			"Object.assign",
			(req, res, next) => {
				Object.assign(req.headers, { "x-nonce": getNonce(res) });
				next();
			},
		],
		[
			"a new object",
			(req, res, next) => {
				req.headers = { ...req.headers, "x-nonce": getNonce(res) };
				next();
			},
		],
	])("%s", (_name, handler) => {
		expect(found("policy", handler, answer)).toBe(0);
		expect(found("policy", answer)).toBe(1);
	});

	test("it comes after the policy, and before what answers every request, as nonceHeader does", () => {
		for (const handler of [give, nonceHeader("x-nonce")]) {
			expect(found("policy", handler, answer)).toBe(0);
			expect(found("policy", handler)).toBe(0);
			expect(found(handler, "policy", answer)).toBe(1);
			expect(found("policy", answer, handler)).toBe(1);
		}
	});

	test.each<[string, Handler]>([
		[
			"reads the header",
			(req, res, next) => {
				if (req.headers["x-nonce"] === String(res.locals["cspNonce"])) next();
			},
		],
		[
			"writes another header",
			(req, res, next) => {
				req.headers["x-request-id"] = "1";
				res.locals["copy"] = res.locals["cspNonce"];
				next();
			},
		],
		[
			"writes a nonce of its own",
			(req, _res, next) => {
				req.headers["x-nonce"] = "own";
				next();
			},
		],
		// Vitest takes comments out of functions.
		[
			"is commented out",
			new Function("req", "res", "next", '// req.headers["x-nonce"] = res.locals.cspNonce\n/* req.headers["x-nonce"] = getNonce(res) */ next();') as Handler,
		],
		["is native", answer.bind(undefined) as Handler],
	])("code that %s is none", (_name, handler) => {
		expect(found("policy", handler)).toBe(1);
	});

	test("a URL in the code is no comment (control)", () => {
		const code = 'const url = "https://a.example"; req.headers["x-nonce"] = res.locals.cspNonce; next();';
		expect(found("policy", new Function("req", "res", "next", code))).toBe(0);
	});
});

test("nothing is missing where hashes are listed, where inline scripts run anyway, or where the application is not known", () => {
	uses("next");
	const hashed = { contentSecurityPolicy: { directives: { scriptSrc: [csp.self, csp.nonce, csp.hash("sha256", "a()")] } } };
	expect(foundIn(hashed)).toEqual([]);
	expect(foundIn({ preset: "compatible" })).toEqual([]);
	expect(foundIn({ contentSecurityPolicy: { directives: { scriptSrc: [csp.self, csp.unsafeInline] } } })).toEqual([]);
	expect(foundIn({}, undefined, false)).toEqual([]);
	expect(foundIn()).toHaveLength(1);
});

test.each([
	[undefined],
	["{"],
	["[]"],
	["null"],
	['{ "dependencies": null, "devDependencies": ["next"] }'],
	['{ "__proto__": { "dependencies": { "next": "1" } } }'],
])("a package.json of %j has no framework", (text) => {
	if (text !== undefined) write("package.json", text);
	expect(foundIn()).toEqual([]);
});

test("the project of a module is the nearest folder with a package.json", () => {
	uses("next");
	write("server/src/app.js", "");
	expect(projectOf(join(folder, "server/src/app.js"))).toBe(folder);
	write("server/package.json", "{}");
	expect(projectOf(join(folder, "server/src/app.js"))).toBe(join(folder, "server"));
});

test("each framework of a recipe is known by a package, and writes its pages into folders of its project", () => {
	for (const { packages, output, build } of FRAMEWORKS.values()) {
		expect([packages.length, output.length, build.length].every((length) => length > 0)).toBe(true);
		expect(output.filter((path) => path.startsWith("/") || path.includes(".."))).toEqual([]);
	}
});
