import { reasonOf } from "../core/errors.ts";
import type { Issues } from "../core/issue.ts";
import { type Reader, readBoolean, readFields, readList, readOrThrow } from "../core/read.ts";
import { type Request, type Response, refuseRequest } from "../core/request.ts";
import type { SecureHeaders } from "../middleware.ts";
import { wireOf } from "../response/wire.ts";
import type { Devtools } from "./room.ts";
import type { DevtoolsSettings } from "./settings.ts";

/** The options of `devtools()`. */
export interface DevtoolsOptions {
	/**
	 * The path of the page, of the reports and of the probe.
	 * @defaultValue "/__headguard"
	 */
	readonly path?: string | undefined;
	/**
	 * Adds the probe to HTML pages: a small script that tells devtools what browsers do not report, such as a popup that lost its opener. Without
	 * it, you can put `<script src="/__headguard/probe.js" nonce="…">` on a page yourself.
	 * @defaultValue false
	 */
	readonly inject?: boolean | undefined;
	/**
	 * The folders of templates and HTML files, relative to the working directory. devtools looks there for the line of what was blocked.
	 * @defaultValue ["views", "templates", "src/views", "public"] and the setting `views` of Express
	 */
	readonly views?: readonly string[] | undefined;
	/**
	 * Whether to write to the terminal.
	 * @defaultValue true
	 */
	readonly terminal?: boolean | undefined;
}

/** The middleware that `devtools()` returns. */
export type DevtoolsMiddleware = (req: Request, res: Response, next?: (error?: unknown) => void) => void;

/**
 * Shows while you write what the policy blocks: in the terminal, with the file and line of your project and what to write there, and on a page at
 * `/__headguard`. Mount it directly after `headers`.
 *
 * It adds an address for reports to the policy of each response. It never loosens the policy. It only answers requests from this machine. With
 * `NODE_ENV=production`, it does nothing and loads nothing.
 *
 * @throws {PolicyError} with every problem at once; `usage/no-policy` if the first argument is not what `secureHeaders()` returned.
 * @example
 * app.use(headers);
 * app.use(devtools(headers));
 */
export function devtools(headers: SecureHeaders, options: DevtoolsOptions = {}): DevtoolsMiddleware {
	refuseRequest(headers, "devtools", "devtools", "app.use(devtools(headers))");
	const wire = wireOf(headers);
	const settings = readSettings(options, wire === undefined);
	if (process.env["NODE_ENV"] === "production") return inert();
	let room: Devtools | undefined;
	// Production never loads it.
	const loading = import("./room.ts").then(({ createDevtools }) => {
		room = createDevtools(headers, settings);
		return room;
	});
	return function devtoolsMiddleware(req, res, next = () => {}) {
		if (room !== undefined) room(req, res, next);
		else
			loading.then(
				(loaded) => loaded(req, res, next),
				(error: unknown) => {
					complain(error);
					next();
				},
			);
	};
}

let isTold = false;

function inert(): DevtoolsMiddleware {
	if (!isTold) process.emitWarning("headguard/devtools does nothing here, because NODE_ENV is production.", "HeadguardWarning");
	isTold = true;
	return (_req, _res, next) => next?.();
}

let hasFailed = false;

/** Development goes on without it. */
function complain(error: unknown): void {
	if (!hasFailed) process.emitWarning(`headguard/devtools could not be loaded: ${reasonOf(error)}`, "HeadguardWarning");
	hasFailed = true;
}

const NAMES = ["path", "inject", "views", "terminal"];
const NO_POLICY = "devtools(headers), with the same headers as in app.use(headers)";

function readSettings(options: DevtoolsOptions, hasNoPolicy: boolean): DevtoolsSettings {
	const { result } = readOrThrow("devtools", (issues) => {
		if (hasNoPolicy) issues.error("usage/no-policy", "the first argument is not middleware of secureHeaders()", NO_POLICY);
		const fields = readFields(options, NAMES, "an options object such as { inject: true }", issues);
		return {
			path: fields?.read("path", readPath, "/__headguard") ?? "",
			inject: fields?.read("inject", readBoolean, false) ?? false,
			views: fields?.read("views", readFolders, undefined),
			terminal: fields?.read("terminal", readBoolean, true) ?? true,
		};
	});
	return result;
}

/** A path without characters that a policy or a URL would read as something else. */
const readPath: Reader<string> = (value, issues) =>
	typeof value === "string" && /^(?:\/[\w.~-]+)+$/.test(value) ? value : issues.invalid("option/type", value, "", 'a path such as "/__headguard"');

const readFolders: Reader<readonly string[]> = (value, issues: Issues) => {
	const list = readList(value, 'an array of folders such as ["views"]', issues);
	return list?.every((folder) => typeof folder === "string")
		? (list as readonly string[])
		: list && issues.type(value, 'an array of folders such as ["views"]');
};
