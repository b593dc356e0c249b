import { readFileSync, statSync } from "node:fs";
import { findSources } from "../migrate/sources.ts";

/** Files of the project that use helmet, and files that create a policy of headguard. Tests do not count. */
export function othersWith(root: string): { readonly helmet: readonly string[]; readonly headguard: readonly string[] } {
	const helmet: string[] = [];
	const headguard: string[] = [];
	for (const file of findSources([root]).files.filter((one) => !TEST.test(one.slice(root.length)))) {
		const text = textOf(file);
		const name = file
			.slice(root.length)
			.replace(/^[\\/]/, "")
			.replaceAll("\\", "/");
		if (/(?:\bfrom\s*|\bimport\s*|\brequire\(\s*|\bimport\(\s*)["']helmet["']/.test(text)) helmet.push(name);
		if (/["']headguard(?:\/helmet(?:\/exact)?)?["']/.test(text) && /\bsecureHeaders\b|headguard\/helmet/.test(text)) headguard.push(name);
	}
	return { helmet, headguard };
}

const TEST = /(?:^|[\\/])(?:tests?|__tests__|spec|e2e)[\\/]|\.(?:test|spec|e2e-spec)\.\w+$/;
const LARGEST = 1_000_000;

function textOf(file: string): string {
	try {
		return statSync(file).size > LARGEST ? "" : readFileSync(file, "utf8");
	} catch {
		return "";
	}
}
