import type { HeadguardEvent } from "../../core/event.ts";
import type { ReportBatch, ReportCluster } from "../cluster.ts";
import { sinkFactory } from "./factory.ts";
import type { ReportSink } from "./queue.ts";
import { requireMethod } from "./require.ts";

type Attributes = Record<string, string | number>;

/** The part of a `Meter` of @opentelemetry/api that `openTelemetry()` uses. */
export interface OpenTelemetryMeter {
	/** Creates a counter. */
	createCounter(name: string, options: { description: string; unit: string }): { add(value: number, attributes: Attributes): void };
}

/** The part of a `Logger` of @opentelemetry/api-logs that `openTelemetry()` uses. */
export interface OpenTelemetryLogger {
	/** Writes a log record. */
	emit(record: { eventName: string; severityNumber: number; severityText: string; body: string; timestamp: number; attributes: Attributes }): void;
}

/** The options of `openTelemetry()`. */
export interface OpenTelemetryOptions {
	/**
	 * The meter that counts reports and events.
	 * @example metrics.getMeter("headguard")
	 */
	readonly meter: OpenTelemetryMeter;
	/**
	 * The logger that receives a log record for each thing that was blocked.
	 *
	 * @defaultValue nothing is logged
	 * @example logs.getLogger("headguard")
	 */
	readonly logger?: OpenTelemetryLogger | undefined;
	/**
	 * Returns the route of a page, for the attribute `http.route`. Anyone can report any page, so return one of a few known routes or
	 * `undefined`.
	 *
	 * @defaultValue the metrics have no `http.route`
	 * @example (document) => ["/", "/cart"].find((route) => document === `https://www.example.com${route}`)
	 */
	readonly route?: ((document: string) => string | undefined) | undefined;
}

/** The severity WARN in the log data model of OpenTelemetry. */
const WARN = 13;

/**
 * Counts reports and events of the middleware in OpenTelemetry. Each process counts on its own, and the OpenTelemetry Collector adds up.
 *
 * Counters: `csp.violation.count` by `csp.disposition`, `csp.directive`, `csp.blocked.kind` (`inline`, `eval`, `data`, `blob`, `self`,
 * `external`, `extension`, `other`) and `http.route`; `csp.report.dropped` by `csp.drop.reason`; `secure_headers.attach_failure` by
 * `error.type`. Only log records (`csp.violation`) contain URLs. As attributes of a metric, their number would have no limit.
 *
 * @throws {PolicyError} for a value that is not a meter or a logger.
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

/** Made-up reports can contain anything. */
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
