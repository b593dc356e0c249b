import { ownFields } from "../core/own-fields.ts";
import { contentSecurityPolicySetting, getDefaultDirectives } from "./csp.ts";
import type { HelmetHeader } from "./setting.ts";
import { dangerouslyDisableDefaultSrc, type FailingMiddleware, type Helmet, type HelmetOptions } from "./types.ts";
import { unpolluted } from "./unpolluted.ts";
import { embedderPolicy, frameOptions, openerPolicy, permittedPolicies, referrerTokens, resourcePolicy, transportSecurity } from "./values.ts";

/** Turns the headers that helmet would set into middleware. */
export type Mount = (settings: readonly HelmetHeader[]) => FailingMiddleware;

/** One header of helmet, in the order in which helmet sets them. */
interface Header {
	readonly key: string;
	readonly alias: string | undefined;
	readonly name: string;
	/** Whether it has options. If not, an options object causes a warning. */
	readonly takesOptions: boolean;
	/** Only sent if its option is set. */
	readonly off: boolean;
	readonly setting: (options: never) => HelmetHeader;
}

/** helmet's API for any way of setting headers. Names, options, defaults, order and messages are those of helmet 8.3.0. */
export function createHelmet(mount: Mount): Helmet {
	const middlewares = HEADERS.map(({ key, alias, setting }) => {
		const create = named(key, (options: object = {}) => named(`${key}Middleware`, mount([setting(unpolluted(options) as never)])));
		return [[key, create] as const, ...(alias === undefined ? [] : [[alias, create] as const])];
	});
	const api = Object.fromEntries(middlewares.flat());
	Object.assign(api["contentSecurityPolicy"] as object, { getDefaultDirectives, dangerouslyDisableDefaultSrc });
	const helmet = (given: Readonly<HelmetOptions> = {}): FailingMiddleware => {
		if (given.constructor?.name === "IncomingMessage")
			throw new Error("It appears you have done something like `app.use(helmet)`, but it should be `app.use(helmet())`.");
		return named("helmetMiddleware", mount(settingsOf(unpolluted(given) as Readonly<Record<string, unknown>>)));
	};
	return Object.assign(named("helmet", helmet), api) as unknown as Helmet;
}

/** People find middlewares by their names, for example in the stack of an Express app. */
function named<Named extends object>(name: string, value: Named): Named {
	return Object.defineProperty(value, "name", { value: name });
}

function settingsOf(options: Readonly<Record<string, unknown>>): readonly HelmetHeader[] {
	return HEADERS.flatMap((header) => {
		const { name, takesOptions, off, setting } = header;
		const option = optionOf(options, header);
		if (option === false || (option === undefined && off)) return [];
		const isDefault = option === undefined || option === true;
		// biome-ignore lint/suspicious/noConsole: helmet warns on the console, so its users look there.
		if (!isDefault && !takesOptions) console.warn(`${name} does not take options. Remove the property to silence this warning.`);
		return [setting(unpolluted(isDefault ? {} : option) as never)];
	});
}

function optionOf(options: Readonly<Record<string, unknown>>, { key, alias, name }: Header): unknown {
	if (alias === undefined) return options[key];
	if (key in options && alias in options) throw new Error(`${name} option was specified twice. Remove the \`${alias}\` option to fix this error.`);
	return options[key] ?? options[alias];
}

const HEADERS: readonly Header[] = [
	{ key: "contentSecurityPolicy", name: "Content-Security-Policy", alias: undefined, takesOptions: true, off: false, setting: contentSecurityPolicySetting },
	valued("crossOriginEmbedderPolicy", "Cross-Origin-Embedder-Policy", embedderPolicy, { off: true }),
	valued("crossOriginOpenerPolicy", "Cross-Origin-Opener-Policy", openerPolicy),
	valued("crossOriginResourcePolicy", "Cross-Origin-Resource-Policy", resourcePolicy),
	fixed("originAgentCluster", "Origin-Agent-Cluster", "?1"),
	valued("referrerPolicy", "Referrer-Policy", referrerTokens),
	valued("strictTransportSecurity", "Strict-Transport-Security", transportSecurity, { alias: "hsts" }),
	fixed("xContentTypeOptions", "X-Content-Type-Options", "nosniff", "noSniff"),
	valued("xDnsPrefetchControl", "X-DNS-Prefetch-Control", (options: { allow?: boolean }) => (options.allow ? "on" : "off"), { alias: "dnsPrefetchControl" }),
	fixed("xDownloadOptions", "X-Download-Options", "noopen", "ieNoOpen"),
	valued("xFrameOptions", "X-Frame-Options", frameOptions, { alias: "frameguard" }),
	valued("xPermittedCrossDomainPolicies", "X-Permitted-Cross-Domain-Policies", permittedPolicies, { alias: "permittedCrossDomainPolicies" }),
	fixed("xPoweredBy", "X-Powered-By", undefined, "hidePoweredBy"),
	fixed("xXssProtection", "X-XSS-Protection", "0", "xssFilter"),
];

function valued<Options>(key: string, name: string, value: (options: Options) => string, rest: { readonly alias?: string; readonly off?: true } = {}): Header {
	const { alias, off = false } = ownFields(rest);
	return { key, name, alias, takesOptions: true, off, setting: (options: Options) => ({ name, text: value(options), ask: undefined }) };
}

function fixed(key: string, name: string, text: string | undefined, alias?: string): Header {
	return { key, name, alias, takesOptions: false, off: false, setting: () => ({ name, text, ask: undefined }) };
}
