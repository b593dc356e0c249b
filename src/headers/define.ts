import type { Issues } from "../core/issue.ts";
import { unlessRefused } from "../core/read.ts";
import type { RequestFunction } from "../core/request.ts";
import { factsOf, type HeaderFacts, type HeaderName } from "./facts.ts";

/** What is known of the connection of a request when its headers are chosen. */
export interface Transport {
	/** There is evidence of https: a TLS socket, or a trusted proxy that says so. */
	readonly secure: boolean;
	/** Nothing speaks against pinning: not known to be http, and no localhost, loopback or IP host. */
	readonly hstsAllowed: boolean;
}

/** The text of one header on one kind of transport. */
export interface HeaderText {
	/** The value when no nonce was read on the response. */
	readonly text: string;
	/** The value around the nonce slots, to be joined by the nonce; absent for a static value. */
	readonly nonced?: readonly string[] | undefined;
	/** What is sent in place of a value of the application's that leaves open what ours does not; undefined: it is kept. */
	readonly complete?: ((theirs: string, status: number, nonce: string | undefined) => Completion | undefined) | undefined;
}

/** A value of the application's, completed. */
export interface Completion {
	readonly text: string;
	/** A framework wrote it on a page of its own, such as an error page. */
	readonly isFrameworks: boolean;
}

/** The models of all headers that are on, by option name. */
export type Models = ReadonlyMap<string, unknown>;

/** What the header's file adds to its facts: one file per header writes one of these. */
export interface HeaderBehaviour<Model = unknown> {
	/** The option value that counts when the user gives none; false is off. */
	readonly byDefault: unknown;
	/** The option value that `true` stands for; undefined when `true` says too little. */
	readonly whenTrue: unknown;
	/** Names that belong inside this option, and what to write for one that stands beside it. */
	readonly inside?: ReadonlyMap<string, string> | undefined;
	/**
	 * Validates an option value and gives the model, or reports what is wrong. What it gives beside an error is dropped. `base` is the
	 * model that a partial option starts from.
	 */
	read(option: unknown, issues: Issues, base: Model | undefined): Model | undefined;
	/** Adds an option value to a model; without it, the value takes the place of what it names. */
	extend?(option: unknown, issues: Issues, model: Model): Model | undefined;
	/** What a request is asked for, by the name under which `extend` takes the answers. */
	dynamicSources?(model: Model): ReadonlyMap<string, readonly RequestFunction<unknown>[]>;
	/** The model as it stands when nothing was asked: never wider than with any answer. The model itself when it asks nothing. */
	staticPart?(model: Model): Model;
	/** The text on a transport; undefined when the header stays away there. */
	write(model: Model, transport: Transport): HeaderText | undefined;
	/** The model when the user configured none and there is no default: derived from the other headers. */
	derive?(models: Models): Model | undefined;
	/** Problems that only the whole policy shows. */
	check?(model: Model, models: Models, issues: Issues): void;
	/** The model with its reports sent to an endpoint, where it names none itself. */
	withReporting?(model: Model, endpoint: { readonly name: string; readonly url: string }): Model;
	/** Names of reporting endpoints that the model sends to, with the header that must define them. */
	reportsTo?(model: Model): readonly string[];
	/** Names of reporting endpoints that the model defines. */
	definesEndpoints?(model: Model): readonly string[];
}

/** Everything the rest of the library knows about one header. */
export interface HeaderDefinition<Model = unknown> extends HeaderFacts, HeaderBehaviour<Model> {}

/** The facts of a header with what its file says of its option; the facts win, so that a report-only header can begin as a copy of its twin. */
export function defineHeader<Model>(name: HeaderName, behaviour: HeaderBehaviour<NoInfer<Model>>): HeaderDefinition<Model> {
	const { extend } = behaviour;
	return {
		...behaviour,
		...(factsOf(name) as HeaderFacts),
		read: (option, issues, base) => unlessRefused(issues, () => behaviour.read(option, issues, base)),
		...(extend && { extend: (option, issues, model) => unlessRefused(issues, () => extend(option, issues, model)) }),
	};
}
