import type { Code } from "../core/codes.ts";
import { KEYWORDS } from "../csp/keywords.ts";
import type { HeaderOptions } from "../headers/options.ts";

/** A policy for one kind of application, as changes of the defaults. */
export interface Preset {
	readonly headers: HeaderOptions;
	/** The Cache-Control of responses that have none. */
	readonly cacheControl: string | undefined;
	/** What the preset leaves open on purpose, so that its policy has no warning of it. */
	readonly accepts?: readonly Code[];
}

/** The names of the presets. */
export type PresetName = "api" | "ssr" | "spa" | "strict" | "compatible";

const { self, none, nonce, strictDynamic, unsafeInline, script } = KEYWORDS;

export const PRESETS: ReadonlyMap<string, Preset> = new Map(
	Object.entries({
		// Data, which cannot run. Headers for documents are left out.
		api: {
			headers: {
				contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [none], baseUri: [none], formAction: [none], frameAncestors: [none] } },
				permissionsPolicy: false,
				crossOriginOpenerPolicy: false,
				originAgentCluster: false,
			},
			cacheControl: "no-store",
		},
		// Pages from the server, with scripts that have the nonce and the scripts that those load. https: and 'unsafe-inline' are for browsers without
		// 'strict-dynamic' or nonces. Other browsers ignore them.
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
		// A bundle from a build. It only has files of the site and no nonce, so that every cache can store the pages.
		spa: {
			headers: { contentSecurityPolicy: { directives: { connectSrc: [self], manifestSrc: [self], scriptSrc: [self], styleSrc: [self], workerSrc: [self] } } },
			cacheControl: undefined,
		},
		// As much as browsers can enforce. You must list everything that a page uses.
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
		// Pages of an application that you cannot change. Whatever such a page loads or runs stays allowed.
		compatible: {
			headers: { contentSecurityPolicy: { useDefaults: false, directives: { objectSrc: [none], baseUri: [self], frameAncestors: [self] } } },
			cacheControl: undefined,
			accepts: ["csp/no-script-src", "csp/no-form-action"],
		},
	} satisfies Record<PresetName, Preset>),
);
