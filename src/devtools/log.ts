import type { Finding } from "./finding.ts";

/** How devtools learns of something. A browser may tell the same thing in a report and through the probe. */
export type Way = "report" | "probe" | "server";

/** What happens to a finding. Undefined: all but warnings were forgotten. */
type FindingListener = (finding: Finding | undefined, isNew: boolean) => void;

/** The findings of this process, the newest last. */
export interface FindingLog {
	/** Adds a finding, or counts it again. What was heard in two ways counts as often as in the one that told it more often. */
	add(finding: Omit<Finding, "count" | "last">, way: Way): void;
	all(): readonly Finding[];
	/** Forgets everything but the warnings, which only come when the application starts. */
	clear(): void;
	/** Calls a function with each new or changed finding. Returns how to stop. */
	follow(listener: FindingListener): () => void;
}

/** A page can have anything reported. */
const MOST = 500;

export function createFindingLog(): FindingLog {
	const findings = new Map<string, Finding>();
	const heard = new Map<string, Map<Way, number>>();
	const listeners = new Set<FindingListener>();
	const forget = (id: string): void => {
		findings.delete(id);
		heard.delete(id);
	};
	return {
		add(finding, way) {
			const known = findings.get(finding.id);
			const counts = heard.get(finding.id) ?? new Map<Way, number>();
			counts.set(way, (counts.get(way) ?? 0) + 1);
			const now: Finding = { ...finding, count: Math.max(...counts.values()), last: Date.now() };
			// A Map keeps the order of insertion.
			forget(finding.id);
			findings.set(finding.id, now);
			heard.set(finding.id, counts);
			for (const id of findings.keys()) {
				if (findings.size <= MOST) break;
				forget(id);
			}
			for (const listener of listeners) listener(now, known === undefined);
		},
		all: () => [...findings.values()],
		clear() {
			for (const { id, kind } of [...findings.values()]) if (kind !== "warning") forget(id);
			for (const listener of listeners) listener(undefined, false);
		},
		follow(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
	};
}
