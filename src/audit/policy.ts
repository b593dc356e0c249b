import { blockFor, type CompiledPolicy } from "../compile.ts";
import type { Seen } from "./rule.ts";

/** Stands for the nonce of a response. */
const SAMPLE = "c2FtcGxlLW9mLTE2LWJ5dGVz".slice(0, 22);

/** A compiled policy as the response that it makes on https. */
export function seenOf(compiled: CompiledPolicy, name: string): Seen {
	const { headers } = blockFor(compiled, true, true);
	return {
		probe: "policy",
		method: "GET",
		url: name,
		status: 200,
		fields: headers.map((header) => [header.name, header.nonced?.join(SAMPLE) ?? header.text]),
		body: "",
		secure: true,
	};
}
