import { createInterface } from "node:readline/promises";

/** Asks on a terminal. Without an answer, the default counts. */
export interface Ask {
	yes(question: string, byDefault: boolean): Promise<boolean>;
	text(question: string, byDefault: string, allowed?: readonly string[]): Promise<string>;
	close(): void;
}

export function createAsk(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Ask {
	const lines = createInterface({ input, output });
	let isClosed = false;
	const closed = new Promise<undefined>((resolve) =>
		lines.once("close", () => {
			isClosed = true;
			resolve(undefined);
		}),
	);
	/** Undefined after the end of the input. */
	const answer = async (question: string): Promise<string | undefined> =>
		isClosed ? undefined : (await Promise.race([lines.question(question), closed]))?.trim();
	const text: Ask["text"] = async (question, byDefault, allowed) => {
		const given = await answer(`${question} (${byDefault}) `);
		if (given === undefined || given === "") return byDefault;
		if (allowed === undefined || allowed.includes(given)) return given;
		output.write(`Write ${allowed.join(", ")}.\n`);
		return text(question, byDefault, allowed);
	};
	const yes: Ask["yes"] = async (question, byDefault) => {
		const given = await answer(`${question} (${byDefault ? "Y/n" : "y/N"}) `);
		// Closed without an answer: nothing was agreed to.
		if (given === undefined) return false;
		if (given === "") return byDefault;
		if (/^(?:y|yes|n|no)$/i.test(given)) return /^y/i.test(given);
		output.write("Write yes or no.\n");
		return yes(question, byDefault);
	};
	return { yes, text, close: () => lines.close() };
}
