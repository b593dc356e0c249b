import { statSync } from "node:fs";
import { jsonForLog, stripControls } from "../core/log.ts";
import { show } from "../core/text.ts";
import { LANGUAGES, type Language, type Piece, type Remark, type WithNonces, withNonces } from "../templates/index.ts";
import { type Args, type Command, UsageError } from "./args.ts";
import { replaceFile } from "./files.ts";
import { print } from "./output.ts";
import { type Skipped, type TemplateFile, templatesIn } from "./template-files.ts";

export const templatesCommand: Command = {
	summary: "Finds inline code without a nonce in templates, and adds the nonce.",
	usage: "<folders or files> [flags]",
	flags: {
		write: { type: "boolean", summary: "add the nonces; without it, the command writes nothing" },
		engine: { type: "string", value: "<name>", summary: "the language of .html files, if a template engine fills them in", oneOf: LANGUAGES },
		name: { type: "string", value: "<name>", summary: "the name of the nonce in the templates", byDefault: "the one that a template uses, or cspNonce" },
		"no-attributes": { type: "boolean", summary: "leave out style attributes, event handlers and javascript: URLs, which no nonce allows" },
		json: { type: "boolean", summary: "write the result as JSON" },
	},
	notes: `Reads EJS, Eta, Pug, Handlebars, Mustache, Nunjucks (also Twig and Liquid) and HTML by the extension of each file, and
skips node_modules and names that begin with a dot. The nonce is written in the syntax of the template, and nothing else changes:

  views/home.ejs    <script nonce="<%= cspNonce %>">
  views/home.pug    script(nonce=cspNonce).
  views/home.hbs    <script nonce="{{cspNonce}}">
  views/home.njk    <script nonce="{{ cspNonce }}">
  views/home.eta    <script nonce="<%= it.cspNonce %>">

A nonce also allows what the template prints in the script. The command notes each such script.
Exit code 0: nothing is left to change, 1: something is left or a file cannot be written, 2: the command was called incorrectly.

  headguard templates views
  headguard templates views --write`,
	run,
};

/** The result for one template. */
interface Outcome extends Pick<WithNonces, "marked" | "left" | "notes"> {
	readonly template: TemplateFile;
}

function run(args: Args): number {
	const [isWrite, isJson] = [args.has("write"), args.has("json")];
	const skipped: Skipped[] = [];
	const outcomes: Outcome[] = [];
	let isWritten = true;
	for (const template of templatesOf(args, skipped)) {
		const outcome = outcomeOf(template, args);
		const problem = isWrite && outcome.marked.length > 0 ? replaceFile(template.file, template.bytes, outcome.text) : undefined;
		if (problem === undefined) outcomes.push(outcome);
		else {
			isWritten = false;
			skipped.push({ file: template.file, reason: problem });
		}
	}
	const found = outcomes.filter(({ marked, left, notes }) => marked.length + left.length + notes.length > 0);
	print(isJson ? `${jsonForLog(jsonOf(found, skipped, isWrite))}\n` : textOf(found, skipped, isWrite, args.positionals));
	const isMended = outcomes.every(({ marked, left }) => left.length === 0 && (isWrite || marked.length === 0));
	return isMended && isWritten ? 0 : 1;
}

function* templatesOf(args: Args, skipped: Skipped[]): Generator<TemplateFile> {
	if (args.positionals.length === 0) throw new UsageError("no folder was given. Run headguard templates views.");
	const name = args.text("name");
	if (name !== undefined && !/^[a-z_$][\w$]*(?:\.[a-z_$][\w$]*)*$/i.test(name))
		throw new UsageError(`--name: received ${show(name)}. Write a name, such as cspNonce or locals.cspNonce.`);
	for (const path of args.positionals) if (statSync(path, { throwIfNoEntry: false }) === undefined) throw new UsageError(`${show(path)} does not exist.`);
	let count = 0;
	for (const path of args.positionals) {
		for (const template of templatesIn(path, args.text("engine") as Language | undefined, skipped)) {
			count++;
			yield template;
		}
	}
	if (count === 0) {
		const reasons = skipped.map(({ file, reason }) => ` ${file}: ${reason}.`).join("");
		throw new UsageError(`no template in ${args.positionals.join(", ")}.${reasons}`);
	}
}

function outcomeOf(template: TemplateFile, args: Args): Outcome & { readonly text: string } {
	const isPartial = /(?:^|[\\/])_?partials?[\\/]/i.test(template.file);
	const { left, ...result } = withNonces(template.text, template.language, { name: args.text("name"), isPartial });
	const isNonceable = ({ piece: { kind } }: Remark): boolean => kind === "script" || kind === "style";
	return { template, ...result, left: args.has("no-attributes") ? left.filter(isNonceable) : left };
}

function textOf(outcomes: readonly Outcome[], skipped: readonly Skipped[], isWrite: boolean, paths: readonly string[]): string {
	const marked = outcomes.reduce((sum, outcome) => sum + outcome.marked.length, 0);
	const left = outcomes.reduce((sum, outcome) => sum + outcome.left.length, 0);
	const lines = [
		...outcomes.flatMap((outcome) => linesOf(outcome, isWrite)),
		...skipped.map(({ file, reason }) => `${file}: skipped: ${reason}.`),
		...(left === 0 ? [] : [`${counted(left, "place")} cannot get a nonce automatically.`]),
	];
	if (marked > 0 && isWrite) lines.push(`Added ${counted(marked, "nonce")}.`);
	if (marked > 0 && !isWrite)
		lines.push(`${counted(marked, "element")} can get a nonce. Nothing was written: add it with headguard templates ${paths.join(" ")} --write.`);
	if (marked + left + skipped.length === 0) lines.push("All inline code has a nonce.");
	return lines.map((line) => `${stripControls(line)}\n`).join("");
}

/** In the order of the template. */
function linesOf({ template, marked, left, notes }: Outcome, isWrite: boolean): readonly string[] {
	const remarks: readonly Remark[] = [
		...marked.map((piece) => ({ piece, message: isWrite ? "It has a nonce now." : "It has no nonce." })),
		...left,
		...notes.map(({ piece, message }) => ({ piece, message: `Note: ${message}` })),
	];
	return remarks
		.toSorted((a, b) => a.piece.offset - b.piece.offset)
		.map(({ piece, message }) => `${template.file}:${piece.line}:${piece.column}: ${piece.holder}: ${message}`);
}

function counted(count: number, what: string): string {
	return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The shape is documented in docs/templates.md. */
function jsonOf(outcomes: readonly Outcome[], skipped: readonly Skipped[], isWritten: boolean): object {
	const place = ({ line, column, kind, holder }: Piece): object => ({ line, column, kind, holder });
	const remark = ({ piece, message }: Remark): object => ({ ...place(piece), message });
	return {
		isWritten,
		files: outcomes.map(({ template, marked, left, notes }) => ({
			file: template.file,
			language: template.language,
			marked: marked.map(place),
			left: left.map(remark),
			notes: notes.map(remark),
		})),
		skipped,
	};
}
