import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { at, listAt, type Node, nameOf } from "../migrate/syntax.ts";
import { methodOn } from "./app.ts";
import type { Manifest } from "./manifest.ts";
import type { Source } from "./source.ts";

/** A vendor of headguard/vendors, and how to recognize it in a project. */
interface Vendor {
	readonly name: string;
	readonly packages: readonly string[];
	/** What its pages load. */
	readonly link: RegExp;
	/** How to use it, if not as `headers.extend(name)`. */
	readonly code?: string;
}

const VENDORS: readonly Vendor[] = [
	{ name: "stripe", packages: ["@stripe/stripe-js", "@stripe/react-stripe-js"], link: /\bjs\.stripe\.com\b/ },
	{ name: "paypal", packages: ["@paypal/paypal-js", "@paypal/react-paypal-js"], link: /\bwww\.paypal\.com\/sdk\/js/ },
	{ name: "turnstile", packages: ["@marsidev/react-turnstile"], link: /\bchallenges\.cloudflare\.com\b/ },
	{
		name: "recaptcha",
		packages: ["react-google-recaptcha", "react-google-recaptcha-v3"],
		link: /\bwww\.(?:google\.com|recaptcha\.net)\/recaptcha\/|\bgstatic\.com\/recaptcha\//,
	},
	{ name: "hcaptcha", packages: ["@hcaptcha/react-hcaptcha", "@hcaptcha/loader"], link: /\b(?:js\.)?hcaptcha\.com\/1\/api\.js/ },
	{ name: "googleFonts", packages: [], link: /\bfonts\.(?:googleapis|gstatic)\.com\b/ },
	{ name: "googleIdentity", packages: ["@react-oauth/google"], link: /\baccounts\.google\.com\/gsi\// },
	{ name: "googleTagManager", packages: ["react-gtm-module"], link: /\bwww\.googletagmanager\.com\/(?:gtm\.js|ns\.html)/ },
	{ name: "googleAnalytics", packages: ["react-ga4"], link: /\bwww\.googletagmanager\.com\/gtag\/js/ },
	{ name: "youtube", packages: ["react-youtube"], link: /\bwww\.youtube(?:-nocookie)?\.com\/(?:embed|iframe_api)/ },
	{
		name: "sentry",
		packages: ["@sentry/browser", "@sentry/react", "@sentry/vue", "@sentry/angular", "@sentry/svelte"],
		link: /\b(?:js|browser)\.sentry-cdn\.com\b/,
		code: 'headers.extend(sentry("https://<key>@<host>/<project>"))',
	},
	{ name: "swaggerUi", packages: ["swagger-ui-express"], link: /$^/, code: "headers.replace(swaggerUi)" },
	{ name: "bullBoard", packages: ["@bull-board/express"], link: /$^/, code: "headers.replace(bullBoard)" },
	{ name: "apolloLandingPage", packages: ["@apollo/server"], link: /$^/, code: "headers.replace(apolloLandingPage)" },
];

/** What the pages of a project need beside the policy. */
export interface Pages {
	/** Vendor → where it was found. */
	readonly vendors: ReadonlyMap<string, readonly string[]>;
	/** Templates whose inline code has no nonce. */
	readonly inline: readonly string[];
}

const FOLDERS = ["views", "templates", "src/views", "src/templates", "public", "static", "client"];
const MOST_FILES = 2000;
const LARGEST = 1_000_000;
const TEMPLATE = /\.(?:ejs|pug|jade|hbs|handlebars|njk|nunjucks|html?|eta|liquid|mustache|twig|tsx|jsx|vue)$/;
const INLINE = /<(?:script|style)\b(?![^>]*\b(?:nonce|src)\b)[^>]*>\s*\S|^[\t ]*(?:script|style)(?:\([^)\n]*\))?\.[\t ]*$|\son\w+\s*=\s*["']/im;

export function readPages(root: string, manifest: Manifest): Pages {
	const files = FOLDERS.flatMap((folder) => filesIn(join(root, folder))).map((file) => ({
		name: relative(root, file).split(sep).join("/"),
		text: textOf(file),
	}));
	const vendors = VENDORS.flatMap(({ name, packages, link }) => {
		const used = packages.filter((one) => manifest.dependencies.has(one) || manifest.devDependencies.has(one));
		const linked = files.filter(({ text }) => link.test(text)).map((file) => file.name);
		const places = [...used, ...linked];
		return places.length === 0 ? [] : [[name, places] as const];
	});
	const isTemplate = (name: string): boolean => TEMPLATE.test(name);
	return {
		vendors: new Map(vendors),
		inline: files.filter(({ name, text }) => isTemplate(name) && !/nonce/i.test(text) && INLINE.test(text)).map(({ name }) => name),
	};
}

/** Does not follow links, which may lead to a folder around them. */
function filesIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder, { withFileTypes: true })
			.flatMap((entry) => {
				const path = join(folder, entry.name);
				if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesIn(path);
				return entry.isFile() && (TEMPLATE.test(entry.name) || /\.[cm]?[jt]s$|\.css$/.test(entry.name)) ? [path] : [];
			})
			.slice(0, MOST_FILES);
	} catch {
		return [];
	}
}

function textOf(file: string): string {
	try {
		const stats = statSync(file);
		return stats.isFile() && stats.size <= LARGEST ? readFileSync(file, "utf8") : "";
	} catch {
		return "";
	}
}

/** Routes of the file that show a page of a vendor: `app.get("/pay", (req, res) => res.render("pay"))`. */
export function vendorRoutes(source: Source, target: string, { vendors }: Pages): readonly { readonly path: Node; readonly vendor: string }[] {
	return [...vendors].flatMap(([vendor, places]) => {
		if (VENDORS.find(({ name }) => name === vendor)?.code !== undefined) return [];
		const views = new Set(places.filter((place) => TEMPLATE.test(place)).map(viewOf));
		return source.places.flatMap(({ node }) => {
			const [path, ...handlers] = listAt(node, "arguments");
			if (!/^(?:get|all|post)$/.test(methodOn(node, target) ?? "") || path?.type !== "StringLiteral" || handlers.length === 0) return [];
			const isExtended = handlers.some((one) => one.type === "CallExpression" && /^(?:extend|replace)$/.test(nameOf(at(at(one, "callee"), "property")) ?? ""));
			return !isExtended && handlers.some((one) => rendersOnly(one, views, source)) ? [{ path, vendor }] : [];
		});
	});
}

function viewOf(place: string): string {
	return place.replace(/^(?:src\/)?(?:views|templates)\//, "").replace(TEMPLATE, "");
}

function rendersOnly({ start, end }: Node, views: ReadonlySet<string>, { places }: Source): boolean {
	return places.some(({ node }) => {
		const isRender = node.type === "CallExpression" && node.start >= start && node.end <= end && nameOf(at(at(node, "callee"), "property")) === "render";
		const [view] = listAt(node, "arguments");
		return isRender && view?.type === "StringLiteral" && views.has((nameOf(view) ?? "").replace(TEMPLATE, ""));
	});
}

/** What to write for vendors whose routes are not known. */
export function vendorNotes({ vendors }: Pages, done: ReadonlySet<string>): readonly string[] {
	const open = VENDORS.filter(({ name }) => vendors.has(name) && !done.has(name));
	return open.map(({ name, code }) => {
		const [first = "", ...more] = vendors.get(name) ?? [];
		return `${first}${more.length === 0 ? "" : ` and ${more.length} more`} needs additions to the policy: import ${name} from headguard/vendors, and write ${code ?? `headers.extend(${name})`} on its routes.`;
	});
}
