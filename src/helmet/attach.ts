import type { IncomingMessage, ServerResponse } from "node:http";
import { putPolicy } from "../response/attach.ts";
import { installFastPath } from "../response/fast-path/install.ts";
import { isShown, type ResponseLike, type ResponseState, stateOf } from "../response/state.ts";
import { blockOnTop, type HeaderBlock, SETTINGS, withText } from "../response/wire.ts";
import type { Mount } from "./create.ts";
import { blockOf, createLayer, type Layer } from "./layer.ts";
import type { FailingMiddleware } from "./types.ts";

/** Keeps the headers that helmet would set once, on every response that passes, as any other policy is kept. */
export const mountAndKeep: Mount = (settings) => {
	const layer = createLayer(settings);
	installFastPath(layer.wire);
	const asking = settings.find(({ ask }) => ask !== undefined);
	const middleware: FailingMiddleware = (req, res, next) => {
		let answer: string | Error | undefined;
		try {
			answer = asking?.ask?.(req, res);
		} finally {
			// Also if it throws, so that the error page has the headers that need no answer.
			attach(layer, req, res, asking && { name: asking.name, text: typeof answer === "string" ? answer : undefined });
		}
		if (answer instanceof Error) next(answer);
		else next();
	};
	return Object.assign(middleware, { [SETTINGS]: layer.wire });
};

/** The value of a header for this request. `text` is undefined if the function failed. */
interface Answer {
	readonly name: string;
	readonly text: string | undefined;
}

function attach(layer: Layer, req: IncomingMessage, res: ServerResponse, answer?: Answer): void {
	const known = stateOf(res);
	// The response already has a policy of secureHeaders, and this part of the application changes its headers.
	if (known !== undefined && (!known.compiled.removalWins || typeof res.getHeader !== "function")) {
		setEach(layer, res, answer);
		return;
	}
	const wire = known === undefined ? layer.wire : layer.onTop(known.compiled);
	// The block contains an answer for this request.
	const hasAnswer = known !== undefined && known.block !== blockOf(known.compiled);
	const block = hasAnswer ? blockOnTop(known.block, blockOf(layer.wire).headers) : blockOf(wire);
	putPolicy(req, res as unknown as ResponseLike, wire, answer === undefined ? block : withAnswer(block, answer, known));
	// A second call of helmet must set its values, whatever was set in between.
	if (known !== undefined && isShown(known)) setEach(layer, res, answer);
}

/** If a function failed, the value from before stays. */
function withAnswer(block: HeaderBlock, { name, text }: Answer, known: ResponseState | undefined): HeaderBlock {
	if (text !== undefined) return withText(block, name, text, text.includes("'nonce-") ? [text] : undefined);
	const before = known?.block.headers.find((header) => header.name === name);
	return before === undefined ? block : blockOnTop(block, [before]);
}

function setEach({ wire }: Layer, res: ServerResponse, answer: Answer | undefined): void {
	if (res.headersSent) return;
	for (const { name, text } of blockOf(wire).headers) {
		if (name !== answer?.name) res.setHeader(name, text);
		else if (answer.text !== undefined) res.setHeader(name, answer.text);
	}
	for (const { name } of wire.remove) res.removeHeader(name);
}
