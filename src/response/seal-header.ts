import type { Code } from "../core/codes.ts";
import { noncesIn } from "../csp/grammar.ts";
import { decide, type Remark } from "./precedence.ts";
import { currentText, emitEvent, type HeaderStore, type ResponseState, shared } from "./state.ts";
import type { CompiledHeader, WirePolicy } from "./wire.ts";

/** Sets a header to what the rules decide, and reports their remarks. */
export function sealHeader(state: ResponseState, store: HeaderStore, header: CompiledHeader, status: number): void {
	const given = [store.getHeader(header.lowerName) ?? []].flat().map(String);
	// helmet sends the value that the application set, even an empty one.
	const values = state.compiled.removalWins ? given : given.filter((value) => value.trim() !== "");
	const isEmpty = given.length > 0 && values.length === 0;
	const errorValue = state.errorHeaders?.get(header.lowerName);
	const isFile = status === 304 && state.nonce === undefined && offersRanges(store);
	const verdict = decide({
		header,
		status,
		values,
		isEmpty,
		ours: currentText(state, header),
		nonce: state.nonce,
		isFile,
		wasThere: state.mode !== "stream",
		errorValue,
	});
	for (const remark of verdict.remarks) tell(state, header, remark);
	// No shared cache may keep it, as with our nonce. helmet does not know it.
	if (header.complete !== undefined && !state.compiled.removalWins && given.length > 0 && verdict.values.some((value) => isOwnNonced(value, state, header)))
		state.hasOwnNonce = true;
	if (verdict.values.length === given.length && verdict.values.every((value, i) => value === given[i])) return;
	const [first, ...more] = verdict.values;
	if (first === undefined) store.removeHeader(header.name);
	else store.setHeader(header.name, more.length === 0 ? first : verdict.values);
}

function tell(state: ResponseState, header: CompiledHeader, remark: Remark): void {
	const policy = state.compiled.base ?? state.compiled;
	if (remark === "completed" && COMPLETED.has(policy)) return;
	if (remark === "completed") COMPLETED.add(policy);
	emitEvent(state.compiled, state.req, REMARKS[remark].code, header.name, REMARKS[remark].detail);
}

/** express.static and res.sendFile send this header, also on a 304. Responses that are made for one request do not. */
function offersRanges(store: HeaderStore): boolean {
	return /^\s*bytes\s*$/i.test(String(store.getHeader("accept-ranges") ?? ""));
}

/** A value of the application's with a nonce. */
function isOwnNonced(value: string, state: ResponseState, header: CompiledHeader): boolean {
	return value !== currentText(state, header) && noncesIn(value).length > 0;
}

/** Policies that have had the event, because a framework sends its policy with each of its pages. Overrides count as the policy that they change. */
const COMPLETED: WeakSet<WirePolicy> = shared("headguard.completed/1", () => new WeakSet());

const REMARKS: Readonly<Record<Remark, { readonly code: Code; readonly detail: string }>> = {
	weaker: {
		code: "override/weaker",
		detail: 'the application set a value that protects less, and that value was sent. To send the value of the policy, name the header in the option "lock".',
	},
	conflict: {
		code: "override/conflict",
		detail: "the response had several different values, and browsers would ignore some or all. The policy's was sent.",
	},
	empty: {
		code: "override/empty",
		detail: "the application set an empty value, which protects nothing. The policy's was sent. To switch the header off, write false for its option.",
	},
	completed: {
		code: "override/completed",
		detail:
			'the application set a policy without default-src and frame-ancestors, so the directives that it lacks were added. To keep such policies unchanged, write onOther: "keep". This event is emitted once.',
	},
	"nonce dropped": {
		code: "nonce/dropped",
		detail:
			"the nonce was read, but the application replaced the policy with one without it, so browsers block elements that carry it. Append to the header instead of replacing it.",
	},
};
