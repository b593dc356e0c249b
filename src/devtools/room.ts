import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { reasonOf } from "../core/errors.ts";
import type { HeadguardEvent } from "../core/event.ts";
import { stripControls } from "../core/log.ts";
import type { Request, Response } from "../core/request.ts";
import { isRecord } from "../core/text.ts";
import type { SecureHeaders } from "../middleware.ts";
import type { CheckedPolicy } from "../policy/create.ts";
import { createCollector } from "../reports/collect/index.ts";
import { readSettings } from "../reports/collect/options.ts";
import type { ReportRecord } from "../reports/record.ts";
import { addressOf } from "../reports/suggest/replay.ts";
import { prepare } from "../response/attach.ts";
import { type ResponseLike, stateOf } from "../response/state.ts";
import { evidence } from "../response/transport.ts";
import { advise, keyOf } from "./advice/index.ts";
import type { Seen } from "./advice/seen.ts";
import { AUDITING } from "./audit.ts";
import type { Finding } from "./finding.ts";
import { createInjector } from "./inject.ts";
import { createListening } from "./listening.ts";
import { isLocal, isOfThisMachine, originOf } from "./local.ts";
import { createFindingLog, type FindingLog, type Way } from "./log.ts";
import { createPages } from "./pages.ts";
import { createPlaces } from "./places.ts";
import { refusedBy } from "./refused.ts";
import { createSeen } from "./seen.ts";
import type { DevtoolsSettings } from "./settings.ts";
import { terminalText } from "./terminal.ts";
import { createVisits, embedderOf, matchedRoute, pathOf, routeFor, sentPolicy, type Visits, watchRender, watchSteps } from "./visits.ts";

export type Devtools = (req: Request, res: Response, next: (error?: unknown) => void) => void;

const FOLDERS = ["views", "templates", "src/views", "public"];

/** Devtools of one policy. */
export function createDevtools(headers: SecureHeaders, settings: DevtoolsSettings): Devtools {
	const log = createFindingLog();
	const visits = createVisits();
	const folders = new Set(settings.views ?? FOLDERS);
	const hear = createHearing(folders, log, visits);
	const onReport = (records: readonly ReportRecord[]): void => {
		for (const record of records) hear(record, "report");
	};
	const seen = createSeen((record) => hear(record, "probe"));
	const pages = createPages({ settings, log, visits, headers, collector: createCollector(readSettings({ onReport, samples: true }), false), seen });
	const listen = createListener(settings, visits);
	if (settings.terminal) writeToTerminal(log);
	for (const { code, path, message } of headers.policy.warnings) log.add(plainFinding("warning", code, `${path}: ${message}`, ""), "server");
	hearEvents((event) => {
		const { code, path = "", detail } = event as HeadguardEvent;
		if (!isOwn(path, settings)) log.add(plainFinding("event", code, detail, path), "server");
	});
	let isGreeted = false;
	return (req, res, next) => {
		const path = pathOf(req);
		if (isOwn(path, settings)) {
			pages(req, res, path.slice(settings.path.length));
			return;
		}
		if (!isGreeted && settings.terminal && isLocal(req)) {
			isGreeted = true;
			greet(req, settings);
		}
		if (settings.views === undefined) for (const folder of viewsOf(req)) folders.add(folder);
		// Without it, nothing is reported here, so that silence would look like success.
		if (stateOf(res) === undefined) log.add(plainFinding("warning", "usage/no-policy", TOO_EARLY, ""), "server");
		if (req.headers[AUDITING] === undefined) listen(req, res, path, hear);
		next();
	};
}

let heardBy: ((event: unknown) => void) | undefined;

/** Only the newest devtools of the process receive events. Each would write them, and an application that is loaded again leaves the old ones behind. */
function hearEvents(listener: (event: unknown) => void): void {
	if (heardBy !== undefined) unsubscribe("headguard", heardBy);
	heardBy = listener;
	subscribe("headguard", listener);
}

const TOO_EARLY = "devtools was reached on a response without a policy. Mount app.use(headers) before app.use(devtools(headers)).";

/** The folders of templates of the application that Express has given the request to. */
function viewsOf(req: Request): readonly string[] {
	const app: unknown = Reflect.get(req, "app");
	const views: unknown = typeof app === "function" && "get" in app ? (app as unknown as { get(name: string): unknown }).get("views") : [];
	return [views].flat().filter((folder) => typeof folder === "string");
}

function isOwn(path: string, settings: DevtoolsSettings): boolean {
	return path === settings.path || path.startsWith(`${settings.path}/`);
}

function greet(req: Request, { path }: DevtoolsSettings): void {
	process.stderr.write(`headguard: ${stripControls(originOf(req))}${path} shows what the policy blocks, and what to do.\n`);
}

function plainFinding(kind: Finding["kind"], rule: string, title: string, page: string): Omit<Finding, "count" | "last"> {
	return { id: idOf([kind, rule, title, page].join("\n")), kind, rule, title, page, place: undefined, fix: [], why: "", opens: undefined, change: undefined };
}

/** Turns what a browser refused into a finding. */
function createHearing(folders: ReadonlySet<string>, log: FindingLog, visits: Visits): (record: ReportRecord, way: Way) => void {
	const find = createPlaces(process.cwd());
	/** What a page needs → the pages that need it. */
	const needs = new Map<string, Set<string>>();
	const isNeededElsewhere = (record: ReportRecord, page: string): boolean => {
		const key = `${record.type} ${record.directive} ${record.blocked}`;
		const pages = needs.get(key) ?? new Set();
		if (needs.size < MOST_NEEDS) needs.set(key, pages.add(page));
		return pages.size > 1;
	};
	return guarded((record: ReportRecord, way: Way) => {
		// Another site can let a browser report about its own pages here.
		if (!isOfThisMachine(record.document)) return;
		const page = addressOf(record.document)?.pathname ?? "";
		const visit = visits.at(page);
		// Popups also close on purpose, such as after a login.
		if (record.type === "popup" && !cutsPopups(sentPolicy(visit)?.policy)) return;
		const found = find(record, [...folders], visit?.view);
		const route = isNeededElsewhere(record, page) ? undefined : routeFor(visit, page);
		const seen: Seen = { record, found, scope: { route, policy: sentPolicy(visit)?.policy }, ways: visits.ways(), embedder: visit?.embedder };
		const kind = record.disposition === "report" ? "reported" : "blocked";
		log.add({ ...advise(seen), id: idOf(keyOf(seen, page)), kind, rule: record.directive || record.type, page }, way);
	});
}

/** The same function, which never throws. The application goes on, whatever fails here. */
function guarded<Args extends readonly unknown[]>(call: (...args: Args) => void): (...args: Args) => void {
	return (...args) => {
		try {
			call(...args);
		} catch (error) {
			if (!hasFailed) process.emitWarning(`headguard/devtools failed: ${reasonOf(error)}`, "HeadguardWarning");
			hasFailed = true;
		}
	};
}

let hasFailed = false;

/** Whether the page loses each popup of another origin. */
function cutsPopups(policy: CheckedPolicy | undefined): boolean {
	const opener: unknown = policy?.models.get("crossOriginOpenerPolicy");
	return isRecord(opener) && opener["policy"] === "same-origin";
}

const MOST_NEEDS = 1000;

function idOf(key: string): string {
	return process.getBuiltinModule("node:crypto").createHash("sha256").update(key).digest("hex").slice(0, 16);
}

/** Adds the address for reports to the policy of a response, and notes what the response was. */
function createListener({ path: base, inject }: DevtoolsSettings, visits: Visits): (req: Request, res: Response, path: string, hear: Hear) => void {
	const overHttp = createListening(`${base}/reports`, false);
	const overHttps = createListening(`${base}/reports`, true);
	const injector = inject ? createInjector(`${base}/probe.js`) : undefined;
	return guarded((req: Request, res: Response, path: string, hear: Hear) => {
		let view: string | undefined;
		watchRender(res, (name) => {
			view = name;
		});
		injector?.(res);
		const state = stateOf(res);
		const steps = state === undefined ? [] : watchSteps(req, state);
		const write = res.writeHead as (...args: unknown[]) => unknown;
		const onHead = guarded((status: number) => {
			const { method = "GET" } = req;
			visits.note({ method, path, route: matchedRoute(req), view, steps: [...steps], status, embedder: embedderOf(req), time: Date.now() });
			const compiled = steps.at(-1)?.compiled;
			if (state !== undefined && compiled !== undefined && !res.headersSent && !state.sealing) {
				const isHttps = evidence(req, compiled.secure) === "https";
				prepare(req, res as ResponseLike, (isHttps ? overHttps : overHttp)(compiled), state.source);
			}
		});
		Reflect.set(res, "writeHead", function (this: unknown, ...args: unknown[]) {
			onHead(Number(args[0]) | 0);
			return Reflect.apply(write, this, args);
		});
		const onFinish = guarded(() => {
			visits.noteRedirect(req, res, path);
			const refused = refusedBy(req, res, path);
			if (refused !== undefined) hear(refused, "server");
		});
		res.once("finish", onFinish);
	});
}

type Hear = (record: ReportRecord, way: Way) => void;

/** Writes each new finding, at once and once. */
function writeToTerminal(log: FindingLog): void {
	const hasColour = process.stderr.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";
	let [minute, written] = [0, 0];
	log.follow((finding, isNew) => {
		if (finding === undefined || !isNew) return;
		const now = Math.floor(Date.now() / 60_000);
		if (now !== minute) [minute, written] = [now, 0];
		written++;
		if (written < MOST_A_MINUTE) process.stderr.write(terminalText(finding, hasColour));
		else if (written === MOST_A_MINUTE) process.stderr.write("headguard: there is more, which the page shows.\n");
	});
}

/** A page can have anything reported. */
const MOST_A_MINUTE = 60;
