import { basename } from "node:path";
import { reasonOf } from "../core/errors.ts";
import type { Request, Response } from "../core/request.ts";
import { csp } from "../csp/index.ts";
import { type SecureHeaders, secureHeaders } from "../middleware.ts";
import type { ReportCollector } from "../reports/collect/index.ts";
import { runAudit } from "./audit.ts";
import { follow } from "./live.ts";
import { isForeign, isLocal } from "./local.ts";
import type { FindingLog } from "./log.ts";
import { assetsFor } from "./page/assets.ts";
import probe from "./page/probe.js?raw";
import { routesOf } from "./routes.ts";
import type { DevtoolsSettings } from "./settings.ts";
import type { Visits } from "./visits.ts";

interface Given {
	readonly settings: DevtoolsSettings;
	readonly log: FindingLog;
	readonly visits: Visits;
	readonly headers: SecureHeaders;
	/** Reads what browsers report. */
	readonly collector: ReportCollector;
	/** Reads what the probe tells. */
	readonly seen: (req: Request, res: Response) => void;
}

/** Answers a request below the path of devtools. */
export type Pages = (req: Request, res: Response, path: string) => void;

/** The page itself gets a strict policy, whatever that of the application is. */
const own = secureHeaders({
	contentSecurityPolicy: {
		useDefaults: false,
		directives: {
			defaultSrc: [csp.none],
			baseUri: [csp.none],
			connectSrc: [csp.self],
			formAction: [csp.none],
			frameAncestors: [csp.none],
			frameSrc: [csp.self],
			imgSrc: [csp.self],
			requireTrustedTypesFor: ["'script'"],
			scriptSrc: [csp.self],
			styleSrc: [csp.self],
		},
	},
	strictTransportSecurity: false,
});

/** The report of an audit is a page of its own, without scripts. */
const ofReport = own.replace({
	contentSecurityPolicy: {
		directives: { defaultSrc: [csp.none], frameAncestors: [csp.self], sandbox: ["allow-popups"], styleSrc: [csp.unsafeInline] },
	},
	xFrameOptions: "SAMEORIGIN",
});

export function createPages({ settings, log, visits, headers, collector, seen }: Given): Pages {
	const token = process.getBuiltinModule("node:crypto").randomBytes(16).toString("base64url");
	const boot = Date.now();
	let report = "";
	let running: Promise<string> | undefined;
	const routes = () => routesOf(visits.all());
	const state = () => ({ boot, project: basename(process.cwd()), path: settings.path, inject: settings.inject, token, findings: log.all(), ...routes() });
	const audit: Answer = (req, res) => {
		// Two pages can be open, and one audit is enough for both.
		running ??= runAudit(req, headers).finally(() => {
			running = undefined;
		});
		running.then(
			(made) => {
				report = made;
				send(res, 204, "text/plain", "");
			},
			(error: unknown) => refuse(res, 500, `The audit failed: ${reasonOf(error)}`),
		);
	};
	const clear: Answer = (_req, res) => {
		log.clear();
		send(res, 204, "text/plain", "");
	};
	const withToken = (answer: Answer): Page => ({
		methods: ["POST"],
		answer: (req, res) => (req.headers["x-headguard-token"] === token ? answer(req, res) : refuse(res, 403, NO_TOKEN)),
	});
	/** What pages of the application use, or of another site that has a frame of it. */
	const shared: ReadonlyMap<string, Answer> = new Map<string, Answer>([
		["/reports", (req, res) => collector(req as never, res as never)],
		["/seen", seen],
		["/probe.js", (_req, res) => send(res, 200, "text/javascript", probe.replaceAll("{{path}}", settings.path))],
	]);
	const files: ReadonlyMap<string, Page> = new Map<string, Page>([
		...[...assetsFor(settings.path)].map(([name, { type, text }]) => [name, read((res) => send(res, 200, type, text))] as const),
		["/state.json", read((res) => send(res, 200, "application/json", JSON.stringify(state())))],
		["/routes.json", read((res) => send(res, 200, "application/json", JSON.stringify(routes())))],
		["/audit.html", read((res) => send(res, report === "" ? 404 : 200, "text/html", report))],
		["/live", { methods: ["GET"], answer: (_req, res) => follow(res, log, visits, boot) }],
		["/audit", withToken(audit)],
		["/clear", withToken(clear)],
	]);
	return (req, res, path) => {
		own(req, res);
		if (path === "/audit.html") ofReport(req, res);
		const answer = isLocal(req) ? shared.get(path) : notLocal;
		if (answer !== undefined) return answer(req, res);
		return isForeign(req) ? refuse(res, 403, "headguard/devtools does not answer other sites.") : answerPage(req, res, files.get(path === "/" ? "" : path));
	};
}

type Answer = (req: Request, res: Response) => void;

interface Page {
	readonly methods: readonly string[];
	readonly answer: Answer;
}

const NO_TOKEN = "The token of the page is missing.";

function read(answer: (res: Response) => void): Page {
	return { methods: ["GET", "HEAD"], answer: (_req, res) => answer(res) };
}

function notLocal(_req: Request, res: Response): void {
	refuse(res, 403, "headguard/devtools only answers requests from this machine, for localhost.");
}

function answerPage(req: Request, res: Response, page: Page | undefined): void {
	if (page === undefined) refuse(res, 404, "There is no such page.");
	else if (page.methods.includes(req.method ?? "")) page.answer(req, res);
	else refuseMethod(res, page.methods);
}

function refuseMethod(res: Response, methods: readonly string[]): void {
	res.setHeader("Allow", methods.join(", "));
	refuse(res, 405, `Only ${methods.join(" and ")} is answered here.`);
}

function send(res: Response, status: number, type: string, body: string): void {
	if (res.headersSent) return;
	res.statusCode = status;
	res.setHeader("Content-Type", `${type}; charset=utf-8`);
	res.setHeader("Cache-Control", "no-store");
	(res.end as (body: string) => void).call(res, body);
}

function refuse(res: Response, status: number, text: string): void {
	send(res, status, "text/plain", `${text}\n`);
}
