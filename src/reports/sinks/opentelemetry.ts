import type { HeadguardEvent } from "../../core/event.ts";
import type { ReportBatch, ReportCluster } from "../cluster.ts";
import { sinkFactory } from "./factory.ts";
import type { ReportSink } from "./queue.ts";
import { requireMethod } from "./require.ts";

type Attributes = Record<string, string | number>;

/** What is used of a `Meter` of @opentelemetry/api. */
export interface OpenTelemetryMeter {
	createCounter(name: string, options: { description: string; unit: string }): { add(value: number, attributes: Attributes): void };
}

/** What is used of a `Logger` of @opentelemetry/api-logs. */
export interface OpenTelemetryLogger {
	emit(record: { eventName: string; severityNumber: number; severityText: string; body: string; timestamp: number; attributes: Attributes }): void;
}

export interface OpenTelemetryOptions {
	/** `metrics.getMeter("headguard")`. */
	readonly meter: OpenTelemetryMeter;
	/** `logs.getLogger("headguard")`: one log record for each thing that was blocked. */
	readonly logger?: OpenTelemetryLogger | undefined;
	/**
	 * The route of a page, for the attribute `http.route`. Anybody can report any page, so give back one of a few known routes, or
	 * undefined.
	 */
	readonly route?: ((document: string) => string | undefined) | undefined;
}

/** Severity WARN of the log data model. */
const WARN = 13;

/**
 * Counts reports, and events of the middleware, in OpenTelemetry: each process by itself, added up by the collector of the fleet.
 *
 * Counters: `csp.violation.count` by `csp.disposition`, `csp.directive`, `csp.blocked.kind` (`inline`, `eval`, `data`, `blob`, `self`,
 * `external`, `extension`, `other`) and `http.route`; `csp.report.dropped` by `csp.drop.reason`; `secure_headers.attach_failure` by
 * `error.type`. Addresses stand in log records (`csp.violation`) alone: as attributes of a metric they would never end.
 *
 * @throws {PolicyError} for what is no meter or logger.
 * @example
 * const otel = openTelemetry({ meter: metrics.getMeter("headguard"), logger: logs.getLogger("headguard") });
 * collectReports({ sinks: [otel.reports] });
 * secureHeaders({ onEvent: otel.onEvent });
 */
export const openTelemetry: (options: OpenTelemetryOptions) => { readonly reports: ReportSink; onEvent(event: HeadguardEvent): void } =
	/* @__PURE__ */ sinkFactory(function openTelemetry(options) {
		const { meter, logger, route } = options ?? {};
		requireMethod(meter, "createCounter", "openTelemetry.meter", 'a meter such as metrics.getMeter("headguard")');
		if (logger !== undefined) requireMethod(logger, "emit", "openTelemetry.logger", 'a logger such as logs.getLogger("headguard")');
		const violations = meter.createCounter("csp.violation.count", { description: "Violations of the content security policy.", unit: "{violation}" });
		const dropped = meter.createCounter("csp.report.dropped", { description: "Reports that were left out.", unit: "{report}" });
		const failures = meter.createCounter("secure_headers.attach_failure", { description: "Headers that could not be kept.", unit: "{event}" });
		return {
			reports({ clusters, dropped: reasons }: ReportBatch) {
				for (const cluster of clusters) {
					const attributes = attributesOf(cluster, route);
					if (cluster.type === "csp-violation") violations.add(cluster.count, attributes);
					logger?.emit({ ...recordOf(cluster), attributes: { ...attributes, ...details(cluster) } });
				}
				for (const [reason, count] of reasons) dropped.add(count, { "csp.drop.reason": reason });
			},
			onEvent: ({ code, withheld }) => failures.add(1 + withheld, { "error.type": code }),
		};
	});

function attributesOf(cluster: ReportCluster, route: OpenTelemetryOptions["route"]): Attributes {
	const known = route?.(cluster.document);
	return {
		"csp.disposition": cluster.disposition,
		"csp.directive": DIRECTIVE.test(cluster.directive) ? cluster.directive : "other",
		"csp.blocked.kind": kindOfBlocked(cluster),
		...(known === undefined ? {} : { "http.route": known }),
	};
}

/** Whoever makes reports up may write anything. */
const DIRECTIVE =
	/^(?:(?:default|script|style|img|font|media|connect|object|manifest|frame|worker|child|fenced-frame)-src(?:-elem|-attr)?|base-uri|form-action|frame-ancestors|sandbox|trusted-types|require-trusted-types-for)$/;

function kindOfBlocked({ blocked, document }: ReportCluster): string {
	if (/^(?:wasm-)?eval$/.test(blocked)) return "eval";
	const [word] = /^(?:inline|data|blob|self)(?=:|$)/.exec(blocked) ?? [];
	if (word !== undefined) return word;
	if (/^[a-z-]+-extension\b/.test(blocked)) return "extension";
	if (!URL.canParse(blocked)) return "other";
	return URL.canParse(document) && new URL(blocked).origin === new URL(document).origin ? "self" : "external";
}

function recordOf({ type, directive, last }: ReportCluster): Omit<Parameters<OpenTelemetryLogger["emit"]>[0], "attributes"> {
	const eventName = type === "csp-violation" ? "csp.violation" : "browser.report";
	return { eventName, severityNumber: WARN, severityText: "WARN", body: `${type} of ${directive || "?"}`, timestamp: last };
}

function details({ type, blocked, document, source, line, message, count }: ReportCluster): Attributes {
	return {
		"browser.report.type": type,
		"browser.report.count": count,
		"browser.document.url.full": document,
		"csp.blocked.url": blocked,
		"csp.source.url": source,
		"csp.source.line": line,
		"browser.report.message": message,
	};
}
