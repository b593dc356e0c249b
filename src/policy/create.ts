import type { Code } from "../core/codes.ts";
import { createIssueList, type Issues, type PolicyIssue, problem } from "../core/issue.ts";
import { ownFields } from "../core/own-fields.ts";
import { guarded, readFields, readOrThrow } from "../core/read.ts";
import { isRecord, show } from "../core/text.ts";
import type { HeaderDefinition, Models } from "../headers/define.ts";
import { HEADERS } from "../headers/index.ts";
import { ALIASES } from "./aliases.ts";
import { type Endpoint, readHeaderBlock, readLock, readOnEvent, readOwner, readPreset, readReporting, readSecure, readVary } from "./general-options.ts";
import type { SecureHeadersOptions } from "./options.ts";
import type { Preset } from "./presets.ts";
import { readRemoved } from "./removed.ts";

/** The headers of a policy. */
export interface Statement {
	/** The model of each header, by option name. */
	readonly models: Models;
	/** Models with functions that each request calls. Until they have returned, `models` applies. */
	readonly dynamic: Models;
}

/** A checked policy. Later changes of the options do not affect it. */
export interface Policy {
	/** Parts of the policy that are valid, but weak or ignored by some browsers. */
	readonly warnings: readonly PolicyIssue[];
}

/** A checked policy with everything that it is compiled from. */
export interface CheckedPolicy extends Statement, Policy {
	/** Option names of headers that are derived from others. */
	readonly derived: ReadonlySet<string>;
	/** The share of responses that ask browsers for reports. */
	readonly reportFraction: number;
	/** The headers of the other responses, without what `reporting` adds. Undefined if there are none. */
	readonly withoutReporting: Statement | undefined;
	/** Names of headers that are removed from every response. */
	readonly remove: readonly string[];
	/** Whether a request came over https. Undefined if the connection decides. */
	readonly secure: SecureHeadersOptions["secure"];
	/** The preset that the policy starts from. */
	readonly preset: Preset | undefined;
	/** What the preset leaves open on purpose: codes of warnings, and ids of findings of the audit. */
	readonly accepted: readonly Code[];
	/** Option names of headers whose value the application cannot change. */
	readonly lock: readonly string[];
	/** Option names of headers that the proxy sends instead of the application. */
	readonly edge: readonly string[];
	/** Request headers that the policy depends on. */
	readonly vary: readonly string[];
	/** Whether headers can be written as one block. */
	readonly headerBlock: boolean;
	/** Receives the events. */
	readonly onEvent: SecureHeadersOptions["onEvent"];
}

/**
 * The policy of options.
 * @throws {PolicyError} with every problem at once.
 */
export function createPolicy(options: SecureHeadersOptions = {}): CheckedPolicy {
	const { result, warnings } = readOrThrow("", (issues) => readOptions(options, issues));
	const policy = result as NonNullable<typeof result>;
	return Object.freeze({ ...policy, warnings: unaccepted(warnings, policy.accepted) });
}

/** Without the warnings of what the preset leaves open on purpose. */
export function unaccepted(warnings: readonly PolicyIssue[], accepted: readonly Code[]): readonly PolicyIssue[] {
	return accepted.length === 0 ? warnings : Object.freeze(warnings.filter(({ code }) => !accepted.includes(code)));
}

/** The headers that are sent: the models that were read, without functions, and with derived headers. */
export function settleModels(read: Models, derived: ReadonlySet<string>): Statement {
	const models = new Map(read);
	const dynamic = splitDynamic(models);
	for (const { key, derive } of HEADERS) {
		if (!derived.has(key)) continue;
		const model = derive?.(models);
		if (model === undefined) models.delete(key);
		else models.set(key, model);
	}
	return { models, dynamic };
}

/** Removes functions from the models, and returns the models that had some. */
function splitDynamic(models: Map<string, unknown>): Models {
	const dynamic = new Map<string, unknown>();
	for (const { key, staticPart } of HEADERS) {
		const model = models.get(key);
		if (model === undefined || staticPart === undefined) continue;
		const fixed = staticPart(model);
		if (fixed === model) continue;
		dynamic.set(key, model);
		models.set(key, fixed);
	}
	return dynamic;
}

/** Reports problems of the whole policy. If a part was refused, these would only be noise. */
export function checkPolicy({ models, dynamic }: Statement, issues: Issues): void {
	if (issues.errorCount() > 0) return;
	const sent = HEADERS.filter(({ key }) => models.has(key));
	for (const header of sent) header.check?.(dynamic.get(header.key) ?? models.get(header.key), models, issues.at(header.key));
	checkEndpoints(sent, models, issues);
	checkSize(sent, models, issues);
}

const OPTION_NAMES: readonly string[] = [
	...HEADERS.map(({ key }) => key),
	"xPoweredBy",
	"removeHeaders",
	"preset",
	"reporting",
	"lock",
	"owner",
	"vary",
	"secure",
	"headerBlock",
	"onEvent",
];

function readOptions(options: unknown, issues: Issues): Omit<CheckedPolicy, "warnings"> | undefined {
	const fields = readFields(options, OPTION_NAMES, "an options object such as { contentSecurityPolicy: { directives: {} } }", issues, ALIASES);
	if (fields === undefined) return undefined;
	const preset = readPreset(fields.get("preset"), issues.at("preset"));
	const read = new Map<string, unknown>();
	const derived = new Set<string>();
	for (const header of HEADERS) {
		const option = fields.get(header.key);
		const model = readHeader(header, option, issues.at(header.key), preset);
		if (model !== undefined) read.set(header.key, model);
		else if (header.derive !== undefined && isUnset(option)) derived.add(header.key);
	}
	const reporting = readReporting(fields.get("reporting"), issues.at("reporting"));
	const reportFraction = reporting?.fraction ?? 1;
	const { models, dynamic } = settleModels(reporting === undefined ? read : addReporting(read, reporting), derived);
	const withoutReporting = reportFraction < 1 ? settleModels(read, derived) : undefined;
	const managed = HEADERS.filter(({ key }) => models.has(key)).map(({ name }) => name);
	const remove = readRemoved(fields.get("xPoweredBy"), fields.get("removeHeaders"), managed, issues);
	const lock = readLock(fields.get("lock"), issues.at("lock"));
	const edge = readOwner(fields.get("owner"), issues.at("owner"));
	const vary = readVary(fields.get("vary"), issues.at("vary"));
	const secure = readSecure(fields.get("secure"), issues.at("secure"));
	const headerBlock = readHeaderBlock(fields.get("headerBlock"), issues.at("headerBlock"));
	const onEvent = readOnEvent(fields.get("onEvent"), issues.at("onEvent"));
	checkPolicy({ models, dynamic }, issues);
	if (withoutReporting !== undefined) checkWithoutReporting(withoutReporting, issues);
	return {
		models,
		dynamic,
		derived,
		preset,
		accepted: isWithoutDefaults(fields.get("contentSecurityPolicy")) ? [] : (preset?.accepts ?? []),
		reportFraction,
		withoutReporting,
		remove: Object.freeze(remove),
		lock: Object.freeze(lock),
		edge: Object.freeze(edge),
		vary: Object.freeze(vary),
		secure,
		headerBlock,
		onEvent,
	};
}

/** The model of one header: that of the user's option, of the preset, or of the default. Undefined if it is off or refused. */
function readHeader(header: HeaderDefinition, option: unknown, issues: Issues, preset: Preset | undefined): unknown {
	if (option === false) return undefined;
	if (option === null) return issues.invalid("option/type", option, "", `false to switch ${header.name} off, or leave it out for the default`);
	const ofPreset = optionOfPreset(header, preset);
	if (option === undefined && (ofPreset === false || (header.byDefault === false && ofPreset === undefined))) return undefined;
	const base = defaultModel(header, preset);
	if (option === undefined) return base;
	if (option !== true) return guarded(issues, () => header.read(option, issues, base));
	if (base === undefined && header.derive === undefined) refuseTrue(issues);
	return base;
}

/** Whether a policy has nothing of the preset. */
function isWithoutDefaults(option: unknown): boolean {
	return isRecord(option) && Object.hasOwn(option, "useDefaults") && option["useDefaults"] === false;
}

/** For a header without a default. */
export function refuseTrue(issues: Issues): undefined {
	return issues.invalid("option/type", true, "but there is no default", "its value, or false");
}

/** The model that `true` means, and that a partial option starts from: that of the preset, or the default. */
export function defaultModel(header: HeaderDefinition, preset: Preset | undefined): unknown {
	const ofPreset = optionOfPreset(header, preset);
	return readDefault(header, ofPreset === undefined || ofPreset === false ? header.whenTrue : ofPreset);
}

function optionOfPreset({ key }: HeaderDefinition, preset: Preset | undefined): unknown {
	// Own fields only: a polluted Object.prototype must not switch anything off.
	return preset !== undefined && Object.hasOwn(preset.headers, key) ? Reflect.get(preset.headers, key) : undefined;
}

/** Reads our own data, which is valid. Partial data starts from the default. */
function readDefault(header: HeaderDefinition, option: unknown): unknown {
	if (option === undefined) return undefined;
	const { issues } = createIssueList();
	return header.read(option, issues, option === header.whenTrue ? undefined : readDefault(header, header.whenTrue));
}

/** Sends the reports of every header to one endpoint, and defines it. */
function addReporting(read: Models, endpoint: Endpoint): Models {
	const models = new Map(read);
	for (const { key, withReporting, definesEndpoints } of HEADERS) {
		if (withReporting === undefined) continue;
		const model = models.get(key) ?? (definesEndpoints === undefined ? undefined : new Map());
		if (model !== undefined) models.set(key, withReporting(model, endpoint));
	}
	return models;
}

/** If only a share of the responses asks for reports, the policy must also be valid without them. */
function checkWithoutReporting(statement: Statement, issues: Issues): void {
	const { errors, issues: own } = createIssueList();
	if (issues.errorCount() === 0) checkPolicy(statement, own);
	if (errors.length === 0) return;
	const text = `responses without reports are refused because of ${errors.map(({ path }) => path).join(", ")}`;
	issues.at("reporting").at("fraction").error("option/type", text, "the endpoint in reportingEndpoints, or remove fraction");
}

function checkEndpoints(sent: readonly HeaderDefinition[], models: Models, issues: Issues): void {
	const defined = new Set(sent.flatMap((header) => header.definesEndpoints?.(models.get(header.key)) ?? []));
	for (const header of sent) {
		for (const name of header.reportsTo?.(models.get(header.key)) ?? []) {
			if (defined.has(name)) continue;
			const text = `no option defines the endpoint ${show(name)}, so nothing is reported`;
			issues.at(header.key).error("report/endpoint-undefined", text, `reportingEndpoints: { ${show(name)}: "/_reports" }`);
		}
	}
}

/** The size of headers that common proxies accept before they answer 502. Measured, with room for the headers of the application. */
const NGINX_BUFFER = 3000;
const LINE = 8000;
const REFUSED = 16_384;
const TOO_LARGE = "header/too-large";

function checkSize(sent: readonly HeaderDefinition[], models: Models, issues: Issues): void {
	let total = 0;
	for (const { key, name, write } of sent) {
		const text = write(models.get(key), { secure: true, hstsAllowed: true });
		if (text === undefined) continue;
		const bytes = name.length + 4 + (ownFields(text).nonced?.join("n".repeat(22)) ?? text.text).length;
		if (bytes > LINE && bytes <= REFUSED)
			issues.at(key).warn(problem(TOO_LARGE, `the header is ${bytes} bytes long, but Apache and Varnish answer 502 above 8000`, "fewer sources"));
		total += bytes;
	}
	if (total > REFUSED) {
		issues.error(TOO_LARGE, `the headers are ${total} bytes long, but most servers and clients refuse more than ${REFUSED}`, "fewer sources");
	} else if (total > NGINX_BUFFER) {
		const text = `the headers are ${total} bytes long, but nginx answers 502 if all headers exceed its proxy_buffer_size of 4k`;
		issues.warn(problem(TOO_LARGE, text, "fewer sources, or a larger proxy_buffer_size"));
	}
}

function isUnset(option: unknown): boolean {
	return option === undefined || option === true;
}
