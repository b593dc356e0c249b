import { existsSync, readFileSync, statSync } from "node:fs";
import { isLoopback } from "../../core/address.ts";
import { type Args, type Flags, UsageError } from "../args.ts";
import { MARK } from "./module.ts";

export const FLAGS: Flags = {
	out: { type: "string", value: "<file>", summary: "write the module to a file instead of stdout" },
	force: { type: "boolean", summary: "overwrite a file that learn did not write" },
	check: { type: "string", value: "<module>", summary: "crawl with the policy of a module; exit code 1 if it blocks something" },
	json: { type: "boolean", summary: "print everything as JSON" },
	depth: { type: "string", value: "<links>", summary: "how many links to follow from the first page", byDefault: "3" },
	pages: { type: "string", value: "<number>", summary: "the most pages to visit", byDefault: "50" },
	clicks: { type: "string", value: "<number>", summary: "the most clicks on one page; 0 for none", byDefault: "20" },
	forms: { type: "boolean", summary: "also fill in and submit the forms of the application" },
	script: { type: "string", value: "<file>", summary: "a module that signs in, or goes through a journey, before each round" },
	storage: { type: "string", value: "<file>", summary: "cookies and storage of a session, as Playwright saves them" },
	templates: { type: "string", value: "<folder>", summary: "templates, to name the file and line of what must change" },
	static: { type: "boolean", summary: "read the HTML without a browser; sees only what the markup shows" },
	browser: { type: "string", value: "<path>", summary: "Chrome, Chromium or Edge", byDefault: "the one that is installed" },
	"no-sandbox": { type: "boolean", summary: "start the browser without its sandbox, as containers need" },
	"ignore-policy": { type: "boolean", summary: "leave out the Content-Security-Policy that the application sends itself" },
	remote: { type: "boolean", summary: "crawl a site that is not on this machine" },
	insecure: { type: "boolean", summary: "accept a self-signed certificate" },
	timeout: { type: "string", value: "<seconds>", summary: "for each page", byDefault: "15" },
	"max-time": { type: "string", value: "<seconds>", summary: "for all rounds together", byDefault: "600" },
};

export interface LearnOptions {
	/** The first page. */
	readonly url: URL;
	readonly out: string | undefined;
	readonly check: string | undefined;
	readonly json: boolean;
	readonly depth: number;
	readonly pages: number;
	readonly clicks: number;
	readonly forms: boolean;
	readonly script: string | undefined;
	readonly storage: string | undefined;
	readonly templates: string | undefined;
	readonly isStatic: boolean;
	readonly browser: string | undefined;
	readonly hasSandbox: boolean;
	readonly ignorePolicy: boolean;
	readonly insecure: boolean;
	/** Milliseconds for each page. */
	readonly timeout: number;
	/** Milliseconds for all rounds. */
	readonly maxTime: number;
}

/** @throws {UsageError} for a value that the crawl cannot use. */
export function readOptions(args: Args): LearnOptions {
	const [first, ...more] = args.positionals;
	if (first === undefined || more.length > 0) throw new UsageError("one address is needed. Run headguard learn http://localhost:3000.");
	const url = addressOf(first);
	if (!isLoopback(url.hostname) && !args.has("remote"))
		throw new UsageError(`${url.host} is not this machine. A crawl clicks, and may change what it finds. If the site is yours, add --remote.`);
	const out = args.text("out");
	const check = args.text("check");
	if (out !== undefined && check !== undefined) throw new UsageError("--out and --check exclude each other: --check writes no module.");
	if (out !== undefined) refuseForeign(out, args.has("force"));
	const isStatic = args.has("static");
	const needsBrowser = ["script", "storage", "forms", "browser"].find((flag) => args.has(flag));
	if (isStatic && needsBrowser !== undefined) throw new UsageError(`--${needsBrowser} needs a browser. Leave out --static.`);
	return {
		url,
		out,
		check,
		json: args.has("json"),
		depth: numberOf(args, "depth", 3, 0, 20),
		pages: numberOf(args, "pages", 50, 1, 1000),
		clicks: numberOf(args, "clicks", 20, 0, 200),
		forms: args.has("forms"),
		script: existing(args, "script", "file"),
		storage: storageOf(args),
		templates: existing(args, "templates", "folder"),
		isStatic,
		browser: args.text("browser"),
		hasSandbox: !args.has("no-sandbox") && process.getuid?.() !== 0,
		ignorePolicy: args.has("ignore-policy"),
		insecure: args.has("insecure"),
		timeout: numberOf(args, "timeout", 15, 1, 120) * 1000,
		maxTime: numberOf(args, "max-time", 600, 5, 7200) * 1000,
	};
}

function addressOf(text: string): URL {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "")
		throw new UsageError(`${JSON.stringify(text)} is not the address of an application. Use http://localhost:3000.`);
	url.hash = "";
	return url;
}

/** Refuses to overwrite a file that this command did not write. @throws {UsageError} */
export function refuseForeign(file: string, force: boolean): void {
	if (force || !existsSync(file)) return;
	if (!statSync(file).isFile()) throw new UsageError(`--out: ${file} is not a file.`);
	if (!readFileSync(file, "utf8").startsWith(MARK)) throw new UsageError(`--out: headguard learn did not write ${file}. Name another file, or add --force.`);
}

function numberOf(args: Args, flag: string, byDefault: number, least: number, most: number): number {
	const text = args.text(flag);
	if (text === undefined) return byDefault;
	const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
	if (!(number >= least && number <= most)) throw new UsageError(`--${flag}: received ${JSON.stringify(text)}. Use a whole number from ${least} to ${most}.`);
	return number;
}

function existing(args: Args, flag: string, kind: "file" | "folder"): string | undefined {
	const path = args.text(flag);
	if (path === undefined) return undefined;
	const stats = statSync(path, { throwIfNoEntry: false });
	if (stats === undefined) throw new UsageError(`--${flag}: ${path} does not exist.`);
	if (stats.isDirectory() !== (kind === "folder")) throw new UsageError(`--${flag}: ${path} is not a ${kind}.`);
	return path;
}

function storageOf(args: Args): string | undefined {
	const path = existing(args, "storage", "file");
	if (path === undefined) return undefined;
	try {
		JSON.parse(readFileSync(path, "utf8"));
		return path;
	} catch {
		throw new UsageError(`--storage: ${path} is not JSON. Save it with context.storageState({ path: ${JSON.stringify(path)} }).`);
	}
}
