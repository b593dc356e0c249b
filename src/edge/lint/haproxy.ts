import { drift, isSecurity, type Lint, type Wanted } from "./types.ts";

const RULE = /^\s*http-(response|after-response)\s+(set-header|add-header|replace-header)\s+(\S+)\s+(.*)$/;

export function lintHaproxy(text: string, file: string, wanted: Wanted | undefined): readonly Lint[] {
	return text.split("\n").flatMap((line, i): Lint[] => {
		const [, kind, action, name = "", rest = ""] = RULE.exec(line) ?? [];
		if (!isSecurity(name)) return [];
		const lint = (id: string, message: string): Lint => ({ id, file, line: i + 1, message });
		const other = drift(name, literal(rest), wanted);
		return [
			...(kind === "response"
				? [lint("edge/haproxy-response", `${name} is missing on responses that HAProxy generates, such as a 503. Write http-after-response ${action} instead.`)]
				: []),
			...(action === "add-header" ? [lint("edge/haproxy-add", `${name} is added to the application's own, so it is sent twice. Write set-header.`)] : []),
			...(other === undefined ? [] : [lint("edge/config-drift", other)]),
		];
	});
}

/** The value of a rule. Single quotes can hold anything, and a percent sign is written twice. */
function literal(text: string): string {
	const words = /^(?:'[^']*'|\\.|"(?:\\.|[^"\\])*"|[^\s'"\\])+/.exec(text)?.[0] ?? "";
	return words
		.replace(/'([^']*)'|\\(.)|"((?:\\.|[^"\\])*)"/g, (_all, single?: string, escaped?: string, double?: string) => single ?? escaped ?? double ?? "")
		.replaceAll("%%", "%");
}
