import { KEYWORDS } from "../csp/keywords.ts";
import type { HeaderOptions } from "../headers/options.ts";

/** A policy for one kind of application, as options on top of the defaults. */
export interface Preset {
	readonly headers: HeaderOptions;
	/** What a response gets that has no Cache-Control of its own. */
	readonly cacheControl: string | undefined;
}

/** The names of the presets. */
export type PresetName = "api" | "ssr" | "spa" | "strict";

const { self, none, nonce, strictDynamic, unsafeInline, script } = KEYWORDS;

export const PRESETS: ReadonlyMap<string, Preset> = new Map(
	Object.entries({
		// Answers that are data: nothing may run in them, and what only documents read is left out.
		api: {
			headers: {
				contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [none], baseUri: [none], formAction: [none], frameAncestors: [none] } },
				permissionsPolicy: false,
				crossOriginOpenerPolicy: false,
				originAgentCluster: false,
			},
			cacheControl: "no-store",
		},
		// Pages from the server: scripts by nonce, and what they load. The hosts and 'unsafe-inline' are for
		// browsers that do not know 'strict-dynamic' or nonces; every other ignores them.
		ssr: {
			headers: {
				contentSecurityPolicy: {
					directives: {
						scriptSrc: [nonce, strictDynamic, "https:", unsafeInline],
						styleSrcAttr: [unsafeInline],
						workerSrc: [self],
					},
				},
			},
			cacheControl: undefined,
		},
		// A bundle from a build: files of the site only, no nonce, so that pages can be cached by anybody.
		spa: {
			headers: { contentSecurityPolicy: { directives: { connectSrc: [self], manifestSrc: [self], scriptSrc: [self], styleSrc: [self], workerSrc: [self] } } },
			cacheControl: undefined,
		},
		// As much as browsers can enforce. Everything that a page uses must be named.
		strict: {
			headers: {
				contentSecurityPolicy: {
					useDefaults: false,
					directives: {
						defaultSrc: [none],
						baseUri: [none],
						connectSrc: [self],
						fontSrc: [self],
						formAction: [self],
						frameAncestors: [none],
						imgSrc: [self],
						manifestSrc: [self],
						objectSrc: [none],
						requireTrustedTypesFor: [script],
						scriptSrc: [nonce, strictDynamic, "https:", unsafeInline],
						styleSrc: [self, nonce],
					},
				},
				strictTransportSecurity: { maxAge: 63_072_000, preload: true },
				crossOriginEmbedderPolicy: "require-corp",
			},
			cacheControl: undefined,
		},
	} satisfies Record<PresetName, Preset>),
);
