import type { IncomingMessage, ServerResponse } from "node:http";
import { DIRECTIVES, type DirectiveName } from "../csp/directives.ts";
import { FRAMEWORK_POLICY } from "../csp/model.ts";
import { parse } from "../csp/serialize.ts";
import type { HeaderText } from "../headers/define.ts";
import { HEADER_FACTS } from "../headers/facts.ts";
import { put } from "../response/attach.ts";
import { prepareBlocks } from "../response/fast-path/install.ts";
import { isShown, type ResponseLike, stateOf } from "../response/state.ts";
import { blockFor, type CompiledHeader, compileHeader, createBlock, type HeaderBlock, headerLines, type WirePolicy } from "../response/wire.ts";
import type { Mount } from "./create.ts";
import type { Setting } from "./setting.ts";

/** Keeps what helmet would set once on every response that passes, as any other policy is kept. */
export const mountAndKeep: Mount = (settings) => {
	const layer = createLayer(settings);
	const asking = settings.find(({ ask }) => ask !== undefined);
	if (asking === undefined) {
		return (req, res, next) => {
			attach(layer, req, res);
			next();
		};
	}
	const { name, ask } = asking as Required<Setting>;
	return (req, res, next) => {
		let answer: string | Error | undefined;
		try {
			answer = ask?.(req, res);
		} finally {
			// Also when it throws: what needs no answer is on the error page.
			attach(layer, req, res, { name, text: typeof answer === "string" ? answer : undefined });
		}
		if (answer instanceof Error) next(answer);
		else next();
	};
};

/** The settings of one middleware. */
interface Layer {
	readonly compiled: WirePolicy;
	/** Policy of the response → the same with these settings. */
	readonly onTop: WeakMap<WirePolicy, WirePolicy>;
}

/** The value of a header that this request was asked for; undefined when it failed. */
interface Answer {
	readonly name: string;
	readonly text: string | undefined;
}

function createLayer(settings: readonly Setting[]): Layer {
	const headers = settings.flatMap(({ name, text }) => (text === undefined ? [] : [toHeader(name, text)]));
	const compiled = toPolicy(
		headers,
		settings.flatMap(({ name, text }) => (text === undefined ? [name] : [])),
	);
	prepareBlocks(compiled);
	return { compiled, onTop: new WeakMap() };
}

function attach(layer: Layer, req: IncomingMessage, res: ServerResponse, answer?: Answer): void {
	const known = stateOf(res);
	// There a policy of our own stands already, and this is a part of the application that changes headers of it.
	if (known !== undefined && (!known.compiled.removalWins || typeof res.getHeader !== "function")) {
		setEach(layer, res, answer);
		return;
	}
	const compiled = known === undefined ? layer.compiled : onTop(layer, known.compiled);
	let block = blockOf(compiled);
	// An answer of this request stands there.
	if (known !== undefined && known.block !== blockOf(known.compiled)) block = createBlock(merge(known.block.headers, blockOf(layer.compiled).headers));
	if (answer?.text !== undefined) block = withAnswer(block, answer.name, answer.text);
	else if (answer !== undefined && known !== undefined)
		block = createBlock(
			merge(
				block.headers,
				known.block.headers.filter(({ name }) => name === answer.name),
			),
		);
	put(req, res as unknown as ResponseLike, compiled, block);
	// Whoever calls helmet again wants its values, whatever he has set in between.
	if (known !== undefined && isShown(known)) setEach(layer, res, answer);
}

function setEach({ compiled }: Layer, res: ServerResponse, answer: Answer | undefined): void {
	if (res.headersSent) return;
	for (const { name, text } of blockOf(compiled).headers) {
		// Without an answer what stood there before stays.
		if (name !== answer?.name) res.setHeader(name, text);
		else if (answer.text !== undefined) res.setHeader(name, answer.text);
	}
	for (const { name } of compiled.remove) res.removeHeader(name);
}

function onTop({ compiled, onTop: made }: Layer, below: WirePolicy): WirePolicy {
	const known = made.get(below);
	if (known !== undefined) return known;
	const names = new Set([...below.remove, ...compiled.remove].map(({ name }) => name));
	const merged = toPolicy(merge(blockOf(below).headers, blockOf(compiled).headers), [...names]);
	made.set(below, merged);
	made.set(merged, merged);
	return merged;
}

function merge(below: readonly CompiledHeader[], above: readonly CompiledHeader[]): readonly CompiledHeader[] {
	return [...new Map([...below, ...above].map((header) => [header.lowerName, header])).values()];
}

/** The same on every transport, as with helmet. */
function blockOf(compiled: WirePolicy): HeaderBlock {
	return blockFor(compiled, true, true);
}

function toPolicy(headers: readonly CompiledHeader[], remove: readonly string[]): WirePolicy {
	const block = createBlock(headers);
	return {
		remove: remove.map((name) => ({ name, lowerName: name.toLowerCase() })),
		blocks: Array<HeaderBlock>(8).fill(block),
		reportFraction: 1,
		asks: [],
		base: undefined,
		removalWins: true,
		secure: undefined,
		cacheControl: undefined,
		vary: [],
		headerBlock: true,
		onEvent: undefined,
	};
}

function toHeader(name: string, text: string): CompiledHeader {
	const definition = HEADER_FACTS.find((header) => header.name === name);
	if (definition === undefined) throw new RangeError(`no header has the name ${name}`);
	return compileHeader(definition, { text, nonced: undefined, framework: name === "Content-Security-Policy" ? completedBy(text) : undefined }, false);
}

/** The framework's own policy on error pages lacks what does not fall back to default-src. */
function completedBy(text: string): HeaderText["framework"] {
	const kept = [...parse(text)].filter(([name]) => name !== "default-src" && DIRECTIVES.get(name as DirectiveName)?.fallback.length === 0);
	return { value: FRAMEWORK_POLICY, completed: [FRAMEWORK_POLICY, ...kept.map(([name, words]) => [name, ...words].join(" "))].join(";") };
}

/** The block with the value that this request's functions gave. */
function withAnswer(block: HeaderBlock, name: string, text: string): HeaderBlock {
	const { index, before, after } = around(block, name);
	const hasNonce = text.includes("'nonce-");
	const headers = block.headers.slice();
	headers[index] = { ...(headers[index] as CompiledHeader), text, nonced: hasNonce ? [text] : undefined };
	const lateLines = `${before}${name}: ${text}\r\n${after}`;
	return { headers, hasNonce, early: block.early, lateNames: block.lateNames, lateLines, noncedLines: [lateLines] };
}

interface Around {
	readonly index: number;
	/** The lines of the headers before and after it. */
	readonly before: string;
	readonly after: string;
}

const AROUND = new WeakMap<HeaderBlock, Around>();

function around(block: HeaderBlock, name: string): Around {
	const known = AROUND.get(block);
	if (known !== undefined) return known;
	const index = block.headers.findIndex((header) => header.name === name);
	const made = { index, before: headerLines(block.headers.slice(0, index)), after: headerLines(block.headers.slice(index + 1)) };
	AROUND.set(block, made);
	return made;
}
