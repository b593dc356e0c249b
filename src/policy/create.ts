import type { Code } from "../core/codes.ts";
import { createIssueList, type Issues, type PolicyIssue } from "../core/issue.ts";
import { ownFields } from "../core/own-fields.ts";
import { guarded, readFields, readOrThrow } from "../core/read.ts";
import { show } from "../core/text.ts";
import type { HeaderDefinition, Models } from "../headers/define.ts";
import { HEADERS } from "../headers/index.ts";
import { ALIASES } from "./aliases.ts";
import { type Endpoint, readHeaderBlock, readLock, readOnEvent, readOwner, readPreset, readReporting, readSecure, readVary } from "./general-options.ts";
import type { SecureHeadersOptions } from "./options.ts";
import type { Preset } from "./presets.ts";
import { readRemoved } from "./removed.ts";

/** What the headers of a policy say. */
export interface Statement {
	/** Option name → what the header is to say, for each header that is on. Opaque: compile it to read it. */
	readonly models: Models;
	/** Models that ask each request for sources; `models` holds what stands until it has answered. */
	readonly dynamic: Models;
}

/** A checked policy. Read-only: nothing that happens to the options afterwards reaches it. */
export interface Policy extends Statement {
	/** Option names of headers that follow from others. */
	readonly derived: ReadonlySet<string>;
	/** The share of responses that ask browsers for reports. */
	readonly reportFraction: number;
	/** What the others say, where there are any: the same without what `reporting` adds. */
	readonly withoutReporting: Statement | undefined;
	/** Names of headers that are taken off every response. */
	readonly remove: readonly string[];
	/** How it is decided whether a request came over https; undefined asks the connection. */
	readonly secure: SecureHeadersOptions["secure"];
	/** What the policy started from. */
	readonly preset: Preset | undefined;
	/** Option names of headers whose value the application cannot change. */
	readonly lock: readonly string[];
	/** Option names of headers that the proxy sends, and the application does not. */
	readonly edge: readonly string[];
	/** Request headers that the policy depends on. */
	readonly vary: readonly string[];
	/** Headers may be written as one block. */
	readonly headerBlock: boolean;
	/** Hears of what could not be kept. */
	readonly onEvent: SecureHeadersOptions["onEvent"];
	/** What is legal and weak, or ignored by some browser. */
	readonly warnings: readonly PolicyIssue[];
}

/**
 * Options → policy.
 * @throws {PolicyError} with every problem at once.
 */
export function createPolicy(options: SecureHeadersOptions = {}): Policy {
	const { result, warnings } = readOrThrow("", (issues) => readOptions(options, issues));
	return Object.freeze({ ...(result as NonNullable<typeof result>), warnings });
}

/** Models as they were read → what goes out: without what only a request tells, and with the headers that follow from others. */
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

/** Leaves in the models what needs no request, and gives those that ask one. */
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

/** What only the whole policy shows. A part that was refused would only add noise, so nothing may have been. */
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

function readOptions(options: unknown, issues: Issues): Omit<Policy, "warnings"> | undefined {
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

/** The model of one header: the user's option, that of the preset, or the default; undefined when it is off or refused. */
function readHeader(header: HeaderDefinition, option: unknown, issues: Issues, preset: Preset | undefined): unknown {
	if (option === false) return undefined;
	if (option === null) {
		issues.error("option/type", `received null. Write false to switch ${header.name} off, or leave it out for the default.`);
		return undefined;
	}
	const ofPreset = optionOfPreset(header, preset);
	if (option === undefined && (ofPreset === false || (header.byDefault === false && ofPreset === undefined))) return undefined;
	const base = defaultModel(header, preset);
	if (option === undefined) return base;
	if (option !== true) return guarded(issues, () => header.read(option, issues, base));
	if (base === undefined && header.derive === undefined)
		issues.error("option/type", `received true, which says too little for ${header.name}. Write its value, or false.`);
	return base;
}

/** What `true` stands for, and what a partial option starts from: the preset's value, or the default. */
export function defaultModel(header: HeaderDefinition, preset: Preset | undefined): unknown {
	const ofPreset = optionOfPreset(header, preset);
	return readDefault(header, ofPreset === undefined || ofPreset === false ? header.whenTrue : ofPreset);
}

function optionOfPreset({ key }: HeaderDefinition, preset: Preset | undefined): unknown {
	// Its own alone: a polluted Object.prototype must switch nothing off.
	return preset !== undefined && Object.hasOwn(preset.headers, key) ? Reflect.get(preset.headers, key) : undefined;
}

/** Our own data, of which nothing is refused; partial data starts from the default. */
function readDefault(header: HeaderDefinition, option: unknown): unknown {
	if (option === undefined) return undefined;
	const { issues } = createIssueList();
	return header.read(option, issues, option === header.whenTrue ? undefined : readDefault(header, header.whenTrue));
}

/** Sends the reports of every header that is on to one endpoint, and defines it. */
function addReporting(read: Models, endpoint: Endpoint): Models {
	const models = new Map(read);
	for (const { key, withReporting, definesEndpoints } of HEADERS) {
		if (withReporting === undefined) continue;
		const model = models.get(key) ?? (definesEndpoints === undefined ? undefined : new Map());
		if (model !== undefined) models.set(key, withReporting(model, endpoint));
	}
	return models;
}

/** Where only a share of the responses asks for reports, the others must be whole without. */
function checkWithoutReporting(statement: Statement, issues: Issues): void {
	const { errors, issues: own } = createIssueList();
	if (issues.errorCount() === 0) checkPolicy(statement, own);
	if (errors.length === 0) return;
	const message = `without what reporting adds, the policy is refused: ${errors.map((issue) => `${issue.path}: ${issue.message}`).join(" ")} Define the endpoint in reportingEndpoints, or leave out fraction.`;
	issues.at("reporting").at("fraction").error("option/type", message);
}

function checkEndpoints(sent: readonly HeaderDefinition[], models: Models, issues: Issues): void {
	const defined = new Set(sent.flatMap((header) => header.definesEndpoints?.(models.get(header.key)) ?? []));
	for (const header of sent) {
		for (const name of header.reportsTo?.(models.get(header.key)) ?? []) {
			if (defined.has(name)) continue;
			const code: Code = "report/endpoint-undefined";
			issues
				.at(header.key)
				.error(
					code,
					`reports to ${show(name)}, which no option defines, so nothing is reported. Write reportingEndpoints: { ${JSON.stringify(name)}: "/_reports" }.`,
				);
		}
	}
}

/** What common proxies read of an application's headers before they answer 502: measured, with room for the application's own. */
const NGINX_BUFFER = 3000;
const LINE = 8000;
const REFUSED = 16_384;

function checkSize(sent: readonly HeaderDefinition[], models: Models, issues: Issues): void {
	let total = 0;
	for (const { key, name, write } of sent) {
		const text = write(models.get(key), { secure: true, hstsAllowed: true });
		if (text === undefined) continue;
		const bytes = name.length + 4 + (ownFields(text).nonced?.join("n".repeat(22)) ?? text.text).length;
		if (bytes > LINE && bytes <= REFUSED)
			issues
				.at(key)
				.warn(
					"header/too-large",
					`the header has ${bytes} bytes; Apache and Varnish refuse a line of more than about 8000 and answer 502. Name fewer sources.`,
				);
		total += bytes;
	}
	if (total > REFUSED) {
		issues.error("header/too-large", `the headers have ${total} bytes together; most servers and clients refuse more than ${REFUSED}. Name fewer sources.`);
	} else if (total > NGINX_BUFFER) {
		issues.warn(
			"header/too-large",
			`the headers have ${total} bytes together; nginx with its default proxy_buffer_size of 4k answers 502 when they exceed it with those of the application. Raise proxy_buffer_size, or name fewer sources.`,
		);
	}
}

function isUnset(option: unknown): boolean {
	return option === undefined || option === true;
}
