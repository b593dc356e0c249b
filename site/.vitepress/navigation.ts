/** The pages of the site, by what a reader wants to do. A test compares it with the pages that there are. */
import type { DefaultTheme } from "vitepress";
import { HEADER_FACTS } from "../../src/headers/facts.ts";

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

const group = (text: string, items: DefaultTheme.SidebarItem[], collapsed = true): DefaultTheme.SidebarItem => ({ text, items, collapsed });

const COMMANDS = ["audit", "check", "compile", "emit", "hash", "init", "learn", "migrate", "reports", "suggest", "templates"];
const ENTRIES = [
	"headguard",
	"https",
	"vendors",
	"isolation",
	"devtools",
	"reports",
	"audit",
	"testing",
	"edge",
	"compiled",
	"fetch",
	"hono",
	"fastify",
	"koa",
	"frameworks",
	"helmet",
];

export const nav: DefaultTheme.NavItem[] = [
	{ text: "Start", link: "/start/express" },
	{ text: "Guides", link: "/guides" },
	{ text: "Troubleshooting", link: "/troubleshooting" },
	{ text: "Playground", link: "/playground" },
];

export const sidebar: DefaultTheme.SidebarItem[] = [
	group(
		"Start",
		[
			page("Overview", "/overview"),
			page("Express", "/start/express"),
			page("TypeScript", "/start/typescript"),
			page("Connect", "/start/connect"),
			page("Plain Node", "/start/node"),
			page("From the command line", "/init"),
			page("See it while you write", "/devtools"),
			page("Playground", "/playground"),
		],
		false,
	),
	page("Troubleshooting", "/troubleshooting"),
	group(
		"Guides by task",
		[
			page("All guides", "/guides"),
			page("Nonces in templates", "/templates"),
			page("Override a route", "/guides/override-a-route"),
			page("Presets", "/presets"),
			page("Vendors: Stripe, PayPal, YouTube …", "/vendors"),
			page("Login and payment popups", "/recipes#oauth-popups"),
			page("Frames for partners", "/recipes#frames-for-partners"),
			page("Workers", "/recipes#service-workers"),
			page("Uploads and downloads", "/guides/uploads"),
			page("PDF", "/guides/pdf"),
			page("Public assets", "/recipes#public-assets"),
			page("Caching pages with a nonce", "/recipes#caching-pages-with-a-nonce"),
			page("OAuth consent pages", "/guides/oauth-consent"),
			page("WebSocket and GraphQL", "/recipes#websocket-and-graphql"),
			page("Server-sent events", "/recipes#server-sent-events"),
			page("Cloudflare and proxies that rewrite", "/guides/rewriting-proxies"),
			page("Roll out a policy", "/recipes#report-only-first"),
			page("Violation reports", "/reports"),
			page("Learn a policy", "/learn"),
			page("Exfiltration", "/recipes#exfiltration"),
			page("Requests from other sites", "/isolation"),
			page("Behind a proxy", "/behind-a-proxy"),
			page("Audit a site", "/audit"),
			page("In a pipeline", "/ci"),
			page("In your own tests", "/testing"),
			page("Many tenants", "/guides/tenants"),
			page("Cold starts", "/guides/cold-starts"),
			page("Edge runtimes", "/compiled#without-a-server-of-node"),
			page("Compiled policies", "/compiled"),
			page("All recipes", "/recipes"),
		],
		false,
	),
	group("Frameworks", [
		page("Which one", "/frameworks"),
		page("Adapters: Hono, Fastify, Koa, fetch", "/adapters"),
		page("Next", "/frameworks/next"),
		page("Nest", "/frameworks/nest"),
		page("Nuxt", "/frameworks/nuxt"),
		page("React Router", "/frameworks/react-router"),
		page("SvelteKit", "/frameworks/sveltekit"),
		page("Astro", "/frameworks/astro"),
		page("Angular", "/frameworks/angular"),
		page("Vite", "/frameworks/vite"),
		page("Vike", "/frameworks/vike"),
		page("Fastify", "/frameworks/fastify"),
		page("Koa", "/frameworks/koa"),
		page("Hono", "/frameworks/hono"),
		page("h3", "/frameworks/h3"),
		page("tRPC", "/frameworks/trpc"),
		page("GraphQL Yoga", "/frameworks/graphql-yoga"),
		page("AdminJS", "/frameworks/adminjs"),
	]),
	group("Moving from", [page("helmet", "/moving-from-helmet"), page("Fastify, Koa, lusca and others", "/moving-from-others")]),
	group("Headers", [page("All headers", "/headers"), ...HEADER_FACTS.map(({ name, lowerName }) => page(name, `/headers/${lowerName}`))]),
	group("Command", [page("Overview", "/cli"), ...COMMANDS.map((name) => page(name, `/cli/${name}`))]),
	group("Codes and rules", [page("Codes", "/codes"), page("Rules of the audit", "/rules")]),
	group("API", [
		page("Overview", "/api"),
		...ENTRIES.map((name) => page(name === "headguard" ? name : `headguard/${name}`, `/api/${name}`)),
		page("headguard/helmet/exact", "/api/helmet-exact"),
	]),
	group("Project", [
		page("What is stable", "/stability"),
		page("Architecture", "/architecture"),
		page("Contributing", "/contributing"),
		page("Security", "/security"),
		page("Changelog", "/changelog"),
	]),
];
