import { kebab } from "../../core/text.ts";
import { isHost } from "../../csp/grammar.ts";
import { matches } from "../../csp/match.ts";
import type { PolicyPatch } from "../../policy/override.ts";
import type { ReportRecord } from "../../reports/record.ts";
import { hostIn } from "../../reports/suggest/lookalike.ts";
import { addressOf } from "../../reports/suggest/replay.ts";
import * as vendors from "../../vendors.ts";

interface Vendor {
	readonly name: string;
	readonly patch: PolicyPatch;
	/** Directive → its hosts. */
	readonly hosts: ReadonlyMap<string, readonly string[]>;
	/** The number of hosts. */
	readonly size: number;
}

/** A vendor whose ready-made addition covers what pages load. */
export interface FoundVendor {
	readonly name: string;
	readonly documents: readonly string[];
}

/** Additions for widgets. Policies for whole pages have a default-src. */
const VENDORS: readonly Vendor[] = Object.entries(vendors).flatMap(([name, value]) => {
	const directives = typeof value === "function" ? undefined : directivesOf(value);
	if (directives === undefined || Object.hasOwn(directives, "defaultSrc")) return [];
	const hosts = new Map(Object.entries(directives).map(([directive, list]) => [kebab(directive), list.filter((source) => isHost(source))]));
	return [{ name, patch: value as PolicyPatch, hosts, size: [...hosts.values()].flat().length }];
});

/** The hosts of all of them, whose names others copy. */
export const VENDOR_HOSTS: readonly string[] = VENDORS.flatMap(({ hosts }) => [...hosts.values()].flat().map(hostIn));

export function vendorPatch(name: string): PolicyPatch {
	return VENDORS.find((vendor) => vendor.name === name)?.patch ?? {};
}

/** The vendors that cover most, and what none of them covers. */
export function findVendors(records: readonly ReportRecord[]): { readonly found: readonly FoundVendor[]; readonly rest: readonly ReportRecord[] } {
	const found: FoundVendor[] = [];
	let rest = records;
	while (true) {
		const [best] = VENDORS.map((vendor) => ({ vendor, covered: rest.filter((record) => covers(vendor, record)) }))
			.filter(({ covered }) => covered.length > 0)
			.sort((a, b) => distinct(b.covered) - distinct(a.covered) || a.vendor.size - b.vendor.size);
		if (best === undefined) return { found, rest };
		found.push({ name: best.vendor.name, documents: best.covered.map(({ document }) => document) });
		rest = rest.filter((record) => !best.covered.includes(record));
	}
}

function distinct(records: readonly ReportRecord[]): number {
	return new Set(records.map(({ directive, blocked }) => `${directive} ${blocked}`)).size;
}

function covers({ hosts }: Vendor, { directive, blocked, document }: ReportRecord): boolean {
	const url = addressOf(blocked);
	const list = hosts.get(directive.replace(/-elem$/, "")) ?? [];
	return url !== undefined && list.some((source) => matches(source, url, addressOf(document)));
}

function directivesOf(patch: unknown): Readonly<Record<string, readonly string[]>> | undefined {
	const { contentSecurityPolicy } = patch as { readonly contentSecurityPolicy?: { readonly directives?: Readonly<Record<string, readonly string[]>> } };
	return contentSecurityPolicy?.directives;
}
