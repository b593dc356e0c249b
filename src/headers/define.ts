import type { Issues } from "../core/issue.ts";
import { type Hints, unlessRefused } from "../core/read.ts";
import type { RequestFunction } from "../core/request.ts";
import type { Completion } from "../csp/completion.ts";
import { factsOf, type HeaderFacts, type HeaderName } from "./facts.ts";

/** The connection of a request, as far as it is known. */
export interface Transport {
	/** There is evidence of https: a TLS socket, or a trusted proxy that reports it. */
	readonly secure: boolean;
	/** HSTS can be sent: the request is not known to be http, and the host is not localhost, loopback or an IP address. */
	readonly hstsAllowed: boolean;
}

/** The text of one header for one kind of transport. */
export interface HeaderText {
	/** The value if no nonce was read on the response. */
	readonly text: string;
	/** The value around the nonce slots, to be joined with the nonce. Absent for a static value. */
	readonly nonced?: readonly string[] | undefined;
	/** Completes a value of the application that lacks a part of ours. Undefined keeps the value. */
	readonly complete?: ((theirs: string, status: number, nonce: string | undefined) => Completion | undefined) | undefined;
}

/** The models of all headers of a policy, by option name. */
export type Models = ReadonlyMap<string, unknown>;

/** What the file of a header adds to its facts. */
export interface HeaderBehaviour<Model = unknown> {
	/** The option value if the user gives none. `false` is off. */
	readonly byDefault: unknown;
	/** The option value that `true` means. Undefined if `true` is not enough. */
	readonly whenTrue: unknown;
	/** Names that belong inside this option, for a user who writes them next to it. */
	readonly inside?: Hints | undefined;
	/** How to write an option here that has the syntax of helmet. Undefined for anything else. */
	fromHelmet?(option: unknown): string | undefined;
	/** Validates an option value and returns the model, or reports what is wrong. A model is dropped if there was an error. A partial option starts from `base`. */
	read(option: unknown, issues: Issues, base: Model | undefined): Model | undefined;
	/** Adds an option value to a model. Without this method, the value replaces what it names. */
	extend?(option: unknown, issues: Issues, model: Model): Model | undefined;
	/** The functions that each request calls, by the name under which `extend` receives the results. */
	dynamicSources?(model: Model): ReadonlyMap<string, readonly RequestFunction<unknown>[]>;
	/** The model before functions were called. It never allows more than with their results. The model itself if it has no functions. */
	staticPart?(model: Model): Model;
	/** The text for a transport. Undefined if the header is not sent there. */
	write(model: Model, transport: Transport): HeaderText | undefined;
	/** Derives the model from the other headers, if the user configured none and there is no default. */
	derive?(models: Models): Model | undefined;
	/** Reports problems that depend on other headers. */
	check?(model: Model, models: Models, issues: Issues): void;
	/** The model with its reports sent to an endpoint, unless it has one. */
	withReporting?(model: Model, endpoint: { readonly name: string; readonly url: string }): Model;
	/** Names of reporting endpoints that the model uses. */
	reportsTo?(model: Model): readonly string[];
	/** Names of reporting endpoints that the model defines. */
	definesEndpoints?(model: Model): readonly string[];
}

/** Everything about one header. */
export interface HeaderDefinition<Model = unknown> extends HeaderFacts, HeaderBehaviour<Model> {}

/** The facts of a header and the behavior of its option. The facts win, so that a report-only header can start as a copy of its twin. */
export function defineHeader<Model>(name: HeaderName, behaviour: HeaderBehaviour<NoInfer<Model>>): HeaderDefinition<Model> {
	const { extend } = behaviour;
	return {
		...behaviour,
		...(factsOf(name) as HeaderFacts),
		read: (option, issues, base) => unlessRefused(issues, () => behaviour.read(option, issues, base)),
		...(extend && { extend: (option, issues, model) => unlessRefused(issues, () => extend(option, issues, model)) }),
	};
}
