import type { Finding } from "./finding.ts";

/** The findings of this process, the newest last. */
export interface FindingLog {
	/** Adds a finding, or counts it again. */
	add(finding: Omit<Finding, "count" | "last">): void;
	all(): readonly Finding[];
	/** Calls a function with each new or changed finding. Returns how to stop. */
	follow(listener: (finding: Finding, isNew: boolean) => void): () => void;
}

/** A page can have anything reported. */
const MOST = 500;

export function createFindingLog(): FindingLog {
	const findings = new Map<string, Finding>();
	const listeners = new Set<(finding: Finding, isNew: boolean) => void>();
	return {
		add(finding) {
			const known = findings.get(finding.id);
			const now: Finding = { ...finding, count: (known?.count ?? 0) + 1, last: Date.now() };
			// A Map keeps the order of insertion.
			findings.delete(finding.id);
			findings.set(finding.id, now);
			for (const id of findings.keys()) {
				if (findings.size <= MOST) break;
				findings.delete(id);
			}
			for (const listener of listeners) listener(now, known === undefined);
		},
		all: () => [...findings.values()],
		follow(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
	};
}
