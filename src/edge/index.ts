import { didYouMean, show } from "../core/text.ts";
import { compiledFrom, type PolicySource } from "../policy/compile.ts";
import { EdgeError, type EdgeMode, type EdgeOptions, planOf } from "./plan.ts";
import { type EdgeFile, type Site, type Target, writeFiles } from "./target.ts";
import { apache, htaccess } from "./targets/apache.ts";
import { azure } from "./targets/azure.ts";
import { caddy } from "./targets/caddy.ts";
import { cloudflare } from "./targets/cloudflare.ts";
import { cloudFront, cloudFrontTerraform } from "./targets/cloudfront.ts";
import { envoy } from "./targets/envoy.ts";
import { firebase } from "./targets/firebase.ts";
import { gatewayApi } from "./targets/gateway-api.ts";
import { haproxy } from "./targets/haproxy.ts";
import { iis } from "./targets/iis.ts";
import { meta } from "./targets/meta.ts";
import { netlify } from "./targets/netlify.ts";
import { nginx, nginxHeadersMore } from "./targets/nginx.ts";
import { traefik } from "./targets/traefik.ts";
import { varnish } from "./targets/varnish.ts";
import { vercel } from "./targets/vercel.ts";

export type { EdgeFile, EdgeMode, Site };
export { EdgeError };

/** Every target that `emit` can write for. This is the only list of them. */
const ALL: readonly Target[] = [
	nginx,
	nginxHeadersMore,
	apache,
	htaccess,
	caddy,
	haproxy,
	varnish,
	cloudflare,
	netlify,
	vercel,
	firebase,
	meta,
	envoy,
	traefik,
	cloudFront,
	cloudFrontTerraform,
	iis,
	azure,
	gatewayApi,
];

/** The targets that write a whole server for a site. */
const WHOLE: ReadonlySet<Target> = new Set([nginx, nginxHeadersMore, apache, caddy, haproxy, varnish]);

/** A server or host that `emit` writes configuration for. */
export interface EdgeTarget {
	/**
	 * The name to pass to `emit`.
	 * @example "nginx"
	 */
	readonly name: string;
	/** The modes that the target supports. */
	readonly modes: readonly EdgeMode[];
	/** The configuration follows the documentation of the server, and a parser reads it in tests. It has not been run. */
	readonly isExperimental: boolean;
	/** How to install the files, and how to test them. */
	readonly howTo: string;
}

/**
 * Every target of `emit`.
 * @example
 * const names = EDGE_TARGETS.filter(({ modes }) => modes.includes("fill")).map(({ name }) => name);
 */
export const EDGE_TARGETS: readonly EdgeTarget[] = ALL.map(({ name, modes, isExperimental, howTo }) => ({
	name,
	modes,
	isExperimental: isExperimental === true,
	howTo,
}));

/** The options of `emit`. */
export interface EmitOptions extends EdgeOptions {
	/**
	 * Also writes a whole server that passes requests on to your application. Only `nginx`, `nginx-headers-more`, `apache`, `caddy`,
	 * `haproxy` and `varnish` use it. The server sends Strict-Transport-Security, `upgrade-insecure-requests` and `report-to` only
	 * over https. Varnish, which does not end TLS, takes `X-Forwarded-Proto: https` for that.
	 * @defaultValue none: only the files that you include in your own configuration
	 * @example { upstream: "http://127.0.0.1:3000", host: "www.example.com", port: 80 }
	 */
	readonly site?: Site | undefined;
}

/** What `emit` returns. */
export interface EmitResult {
	/** The files to install. */
	readonly files: readonly EdgeFile[];
	/** Limits of the target that the policy may exceed, one sentence each. */
	readonly warnings: readonly string[];
	/** How to install these files, and how to test them. */
	readonly howTo: string;
}

/**
 * Writes the configuration with which a proxy or host sends the headers of a policy. Each header is sent exactly once on every
 * response, including errors that the proxy generates.
 *
 * @param target the name of a target, such as `nginx`, `apache`, `caddy`, `haproxy`, `varnish` or `cloudflare`. `EDGE_TARGETS` lists them all.
 * @param policy the middleware, or its options.
 * @throws {EdgeError} with every reason why the target cannot carry the policy.
 * @throws {PolicyError} when the options of the policy are invalid.
 * @example
 * for (const { path, text } of emit("nginx", headers, { mode: "fill" }).files) writeFileSync(path, text);
 */
export function emit(target: string, policy: PolicySource, options: EmitOptions = {}): EmitResult {
	const found = ALL.find(({ name }) => name === target);
	const names = ALL.map(({ name }) => name);
	if (found === undefined) throw new EdgeError([`${show(target)} is not a target.${didYouMean(String(target), names)} The targets are ${names.join(", ")}.`]);
	const { mode = "override", nonceSlot, site } = options;
	const problems = [
		...(found.modes.includes(mode) ? [] : [`${target}: the target does not support mode ${show(mode)}. Write ${found.modes.map(show).join(" or ")}.`]),
		...(nonceSlot === undefined || found.canNonce === true
			? []
			: [`nonceSlot: ${target} cannot put a nonce into pages. Use nginx, mode "fill" without nonceSlot, or hashes.`]),
		...problemsOfSite(site),
	];
	if (problems.length > 0) throw new EdgeError(problems);
	// A whole server receives requests from visitors. In front of headers alone, something may end TLS without a sign of it.
	const plan = planOf(compiledFrom(policy), { mode, nonceSlot }, site !== undefined && WHOLE.has(found));
	const { files, warnings } = writeFiles(found, plan, site);
	return { files, warnings, howTo: found.howToFor?.(files.map(({ path }) => path)) ?? found.howTo };
}

/** The values are written into files without escaping. */
function problemsOfSite(site: Site | undefined): readonly string[] {
	if (site === undefined) return [];
	const { upstream, host, port } = site;
	const url = URL.canParse(upstream) ? new URL(upstream) : undefined;
	const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" && /^[\w.:[\]-]+$/.test(url.host) && url.username === "";
	return [
		...(isPlain ? [] : [`site.upstream: received ${show(upstream)}. Use an origin such as http://127.0.0.1:3000.`]),
		...(/^[\w.*-]{1,253}$/.test(host) ? [] : [`site.host: received ${show(host)}. Use a name such as www.example.com.`]),
		...(Number.isInteger(port) && port > 0 && port < 65_536 ? [] : [`site.port: received ${show(port)}. Use a port such as 80.`]),
	];
}
