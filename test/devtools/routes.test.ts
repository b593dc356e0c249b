import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import express4 from "express4";
import { afterEach, describe, expect, test } from "vitest";
import { devtools } from "../../src/devtools/index.ts";
import type { RoutesView, RouteView } from "../../src/devtools/routes.ts";
import type { DirectiveView, HeaderView, PolicyView, Setter } from "../../src/devtools/setters.ts";
import { type SecureHeaders, secureHeaders } from "../../src/index.ts";
import { stripe, swaggerUi } from "../../src/vendors.ts";

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});

type App = ReturnType<typeof express>;

/** Starts an app, asks it for each path, and returns what the page shows. */
async function shown(
	make: typeof express,
	headers: SecureHeaders,
	build: (app: App) => void,
	paths: readonly string[],
	before?: (app: App) => void,
): Promise<RoutesView> {
	const app = make();
	app.use(headers as never);
	before?.(app);
	app.use(devtools(headers, { terminal: false }) as never);
	build(app);
	const server = app.listen(0, "127.0.0.1");
	servers.push(server);
	await new Promise((resolve) => server.once("listening", resolve));
	const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	for (const path of paths) await (await fetch(origin + path)).arrayBuffer();
	return (await (await fetch(`${origin}/__headguard/routes.json`)).json()) as RoutesView;
}

function of({ routes, policies }: RoutesView, name: string): { readonly route: RouteView; readonly policy: PolicyView } {
	const route = routes.find((one) => one.name === name) as RouteView;
	return { route, policy: policies[route.policy] as PolicyView };
}

const header = ({ headers }: PolicyView, name: string): HeaderView => headers.find((one) => one.name === name) as HeaderView;
const directive = (policy: PolicyView, name: string): DirectiveView =>
	header(policy, "Content-Security-Policy").policies[0]?.find((one) => one.name === name) as DirectiveView;
const said = ({ by, at, vendor }: Setter): string => [by, at, vendor].filter((part) => part !== "" && part !== undefined).join(" ");
const sources = (policy: PolicyView, name: string): readonly string[] => directive(policy, name).sources.map(({ text, setter }) => `${text} ${said(setter)}`);
const img = (...imgSrc: readonly unknown[]): never => ({ contentSecurityPolicy: { directives: { imgSrc } } }) as never;
const ok = (_req: unknown, res: { send(text: string): void }): void => res.send("ok");

describe.each([
	["Express 5", express],
	["Express 4", express4 as unknown as typeof express],
])("%s: who set what", (_name, make) => {
	test("the policy, the app, a router and a route each have their own source", async () => {
		const headers = secureHeaders();
		const view = await shown(
			make,
			headers,
			(app) => {
				app.use(headers.extend(img("https://app.example")) as never);
				const router = make.Router();
				router.use(headers.extend(img("https://router.example")) as never);
				router.get("/user/:id", headers.extend(img("https://route.example")) as never, ok as never);
				app.use("/admin", router);
				app.get("/plain", ok as never);
			},
			["/admin/user/7?secret=1", "/plain", "/absent"],
		);
		expect(sources(of(view, "/admin/user/:id").policy, "img-src")).toEqual([
			"'self' policy",
			"data: policy",
			"https://app.example app",
			"https://route.example route /admin/user/:id",
			"https://router.example router /admin",
		]);
		expect(sources(of(view, "/plain").policy, "img-src")).toEqual(["'self' policy", "data: policy", "https://app.example app"]);
		expect(of(view, "/admin/user/:id").route).toEqual(expect.objectContaining({ method: "GET", path: "/admin/user/7", isRoute: true, status: 200 }));
		expect(of(view, "/absent").route).toEqual(expect.objectContaining({ isRoute: false, status: 404, policy: of(view, "/plain").route.policy }));
		expect(said(directive(of(view, "/plain").policy, "font-src").setter)).toBe("policy");
		expect(view.policies).toHaveLength(2);
	});

	test("a function of the policy, of a route, and one that returns nothing", async () => {
		const headers = secureHeaders({
			contentSecurityPolicy: { directives: { imgSrc: ["'self'", () => "https://tenant.example"], fontSrc: ["'self'", () => []] } },
		});
		const view = await shown(
			make,
			headers,
			(app) => {
				app.get("/", ok as never);
				app.get("/route", headers.extend(img(() => "https://late.example")) as never, ok as never);
			},
			["/", "/route"],
		);
		expect(sources(of(view, "/").policy, "img-src")).toEqual(["'self' policy", "https://tenant.example function"]);
		expect(sources(of(view, "/").policy, "font-src")).toEqual(["'self' policy"]);
		expect(sources(of(view, "/route").policy, "img-src")).toEqual(["'self' policy", "https://late.example function /route", "https://tenant.example function"]);
	});

	test("an addition of headguard/vendors, and a policy of it for a whole page", async () => {
		const headers = secureHeaders();
		const view = await shown(
			make,
			headers,
			(app) => {
				app.get("/pay", headers.extend(stripe) as never, ok as never);
				app.get("/docs", headers.replace(swaggerUi) as never, ok as never);
				app.get("/one", headers.extend({ contentSecurityPolicy: { directives: { frameSrc: ["https://js.stripe.com"] } } }) as never, ok as never);
			},
			["/pay", "/docs", "/one"],
		);
		expect(sources(of(view, "/pay").policy, "connect-src")).toEqual(["'self' policy", "https://api.stripe.com route /pay stripe"]);
		expect(sources(of(view, "/docs").policy, "style-src")).toEqual(["'self' route /docs swaggerUi", "'unsafe-inline' route /docs swaggerUi"]);
		expect(sources(of(view, "/one").policy, "frame-src")).toEqual(["'self' policy", "https://js.stripe.com route /one"]);
	});

	test("a list that was replaced is of the override, and what was removed has a name", async () => {
		const headers = secureHeaders();
		const view = await shown(
			make,
			headers,
			(app) => {
				const replace = headers.replace({
					contentSecurityPolicy: { directives: { defaultSrc: ["'self'"], imgSrc: ["https://img.example"] } },
					referrerPolicy: false,
				});
				app.get("/replaced", replace as never, ok as never);
				app.get("/late", ((_req: never, res: never) => {
					headers.override(res, { crossOriginOpenerPolicy: "unsafe-none" });
					ok(_req, res);
				}) as never);
			},
			["/replaced", "/late"],
		);
		const { policy } = of(view, "/replaced");
		expect(sources(policy, "img-src")).toEqual(["https://img.example route /replaced"]);
		expect(sources(policy, "default-src")).toEqual(["'self' policy"]);
		expect(header(policy, "Content-Security-Policy").off.map(({ name, setter }) => `${name} ${said(setter)}`)).toContain("object-src route /replaced");
		expect(policy.off.map(({ name, setter }) => `${name} ${said(setter)}`)).toEqual(["Referrer-Policy route /replaced"]);
		const late = of(view, "/late").policy;
		expect(said(header(late, "Cross-Origin-Opener-Policy").setter)).toBe("route /late");
		expect(said(header(late, "X-Content-Type-Options").setter)).toBe("policy");
		expect(late.off).toEqual([]);
	});

	test("an override that was mounted before devtools is of the app", async () => {
		const headers = secureHeaders();
		const early = (app: App): void => void app.use(headers.extend(img("https://early.example")) as never);
		const view = await shown(make, headers, (app) => void app.get("/", ok as never), ["/"], early);
		expect(sources(of(view, "/").policy, "img-src")).toEqual(["'self' policy", "data: policy", "https://early.example app"]);
	});
});

test("each header has a sentence, its value without the nonce, and where browsers use it", async () => {
	const headers = secureHeaders();
	const view = await shown(
		express,
		headers,
		(app) => void app.get("/", ((_req: never, res: { locals: { cspNonce: string }; send(text: string): void }) => res.send(`${res.locals.cspNonce}`)) as never),
		["/"],
	);
	const { policy } = of(view, "/");
	expect(header(policy, "Content-Security-Policy").value).toContain("script-src 'self' 'nonce-…'");
	expect(policy.headers.map(({ name, on }) => `${name}: ${on}`)).toEqual(
		expect.arrayContaining(["Strict-Transport-Security: https", "Cross-Origin-Opener-Policy: secure", "X-Content-Type-Options: all"]),
	);
	for (const { name, means } of policy.headers) expect(means, name).toMatch(/^[A-Z].*\.$/);
});

test("a response without the policy is shown as one", async () => {
	const headers = secureHeaders();
	const app = express();
	app.use(devtools(headers, { terminal: false }) as never);
	app.get("/bare", ok as never);
	const server = app.listen(0, "127.0.0.1");
	servers.push(server);
	await new Promise((resolve) => server.once("listening", resolve));
	const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	await (await fetch(`${origin}/bare`)).arrayBuffer();
	const view = (await (await fetch(`${origin}/__headguard/routes.json`)).json()) as RoutesView;
	expect(view.routes).toEqual([expect.objectContaining({ name: "/bare", policy: -1 })]);
});
