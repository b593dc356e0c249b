import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { FrameworkGap } from "../../audit/types.ts";
import { isRecord } from "../../core/text.ts";
import { FRAMEWORKS } from "../frameworks.ts";
import type { Mounted } from "./application.ts";
import { givesNonceHeader } from "./gives-nonce.ts";

/** What a framework needs, and where a project shows it. */
interface Need {
	/** Of the recipe, docs/frameworks/<name>.md, and, but for those that write pages in a build, of the package. */
	readonly name: string;
	readonly kind: FrameworkGap["kind"];
	/** What is wrong, and what to write. */
	readonly text: string;
	readonly isMet: (project: Project) => boolean;
}

interface Project {
	readonly folder: string;
	/** The handlers of the application. Undefined if it is not known. */
	readonly handlers: readonly Mounted[] | undefined;
}

/** Where the code of a server is. */
const CODE_FOLDERS = [".", "server", "src", "src/server"];
const CODE = /\.[cm]?[jt]sx?$/;

const NEEDS: readonly Need[] = [
	{
		name: "next",
		kind: "nonce",
		text: 'Next does not receive the nonce. Write app.use(nonceHeader("next")) after app.use(headers) and before the handler of Next, or headguard hash --framework next for static pages',
		isMet: givesNonce,
	},
	{
		name: "nuxt",
		kind: "nonce",
		text: 'Nuxt does not receive the nonce. Write app.use(nonceHeader("x-nonce")) after app.use(headers) and before the handler of Nuxt',
		isMet: givesNonce,
	},
	{
		name: "nuxt",
		kind: "nonce",
		// Not a hook for render:html, which sees text: a visitor's text in an attribute would get the nonce, too.
		text: "Nuxt does not write the nonce. Add a plugin with a hook for tags:resolve to app/plugins",
		isMet: ({ folder }) => hasText(folder, ["app/plugins", "plugins"], /\.[cm]?[jt]s$/, /tags:resolve/),
	},
	{
		name: "angular",
		kind: "nonce",
		text: "Angular does not write the nonce. Add ngCspNonce with a random slot to the root element of src/index.html, and replace it with withNonce()",
		isMet: ({ folder }) => hasText(folder, ["src"], /^index.*\.html$/, /ngCspNonce/i),
	},
	{
		name: "react-router",
		kind: "nonce",
		text: "React Router does not write the nonce. Pass it to ServerRouter and to the renderer in app/entry.server",
		isMet: ({ folder }) => hasText(folder, ["app", "src", "src/app"], /^entry\.server\.[jt]sx?$/, /nonce/),
	},
	{
		name: "vike",
		kind: "nonce",
		text: "Vike does not receive the nonce. Write renderPage({ urlOriginal, headersOriginal, cspNonce: getNonce(res) })",
		isMet: ({ folder }) => hasText(folder, CODE_FOLDERS, CODE, /\bcspNonce\b/),
	},
	{
		name: "sveltekit",
		kind: "csp",
		text: "SvelteKit does not allow its own inline scripts. Set csp in its configuration",
		isMet: ({ folder }) => hasText(folder, ["."], /^(?:svelte|vite)\.config\.[cm]?[jt]s$/, /\bcsp\b/),
	},
	{
		name: "astro",
		kind: "csp",
		text: "Astro does not allow its own inline scripts. Set security.csp in astro.config",
		isMet: ({ folder }) => hasText(folder, ["."], /^astro\.config\.[cm]?[jt]s$/, /\bcsp\b/),
	},
	{
		name: "graphql-yoga",
		kind: "csp",
		text: "GraphiQL of GraphQL Yoga loads scripts from a CDN and has inline scripts, which the policy blocks. Write createYoga({ graphiql: false }), and serve the page of @graphql-yoga/render-graphiql where you need it",
		isMet: ({ folder }) => hasText(folder, CODE_FOLDERS, CODE, /\bgraphiql\s*:\s*(?![\s{]|true\b)|\brenderGraphiQL\b/),
	},
	{
		name: "adminjs",
		kind: "csp",
		text: "The pages of AdminJS have inline scripts, which the policy blocks. Write const forAdmin = headers.replace({ … }) with a policy that allows them, and app.use(admin.options.rootPath, forAdmin, router)",
		isMet: ({ folder }) => hasText(folder, CODE_FOLDERS, CODE, /\bunsafe-?inline\b/i),
	},
];

/** The needs of the frameworks of a project that it does not meet. */
export function frameworkGaps(folder: string, handlers: readonly Mounted[] | undefined): readonly FrameworkGap[] {
	const installed = packagesOf(folder);
	return NEEDS.flatMap(({ name, kind, text, isMet }) => {
		const isUsed = (FRAMEWORKS.get(name)?.packages ?? [name]).some((one) => installed.has(one));
		return isUsed && !isMet({ folder, handlers }) ? [{ kind, text, recipe: `docs/frameworks/${name}.md` }] : [];
	});
}

/** The folder of the package.json that a module belongs to. */
export function projectOf(file: string): string {
	for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
		if (entriesOf(folder).some((entry) => entry.name === "package.json")) return folder;
		if (dirname(folder) === folder) return dirname(resolve(file));
	}
}

/** An application that is not known may give it. */
function givesNonce({ handlers }: Project): boolean {
	return handlers === undefined || givesNonceHeader(handlers);
}

function packagesOf(folder: string): ReadonlySet<string> {
	try {
		const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
		if (!isRecord(manifest)) return new Set();
		return new Set(["dependencies", "devDependencies"].flatMap((key) => (isRecord(manifest[key]) ? Object.keys(manifest[key]) : [])));
	} catch {
		return new Set();
	}
}

/** Whether a file directly in one of the folders has a text. */
function hasText(project: string, folders: readonly string[], name: RegExp, text: RegExp): boolean {
	return folders.some((folder) =>
		entriesOf(join(project, folder)).some((entry) => entry.isFile() && name.test(entry.name) && text.test(contentOf(join(project, folder, entry.name)))),
	);
}

function entriesOf(folder: string): readonly Dirent[] {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch {
		return [];
	}
}

function contentOf(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return "";
	}
}
