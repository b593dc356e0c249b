import { didYouMean, show } from "../core/text.ts";
import { compiledFrom, type PolicySource } from "../policy/compile.ts";
import { EdgeError, type EdgeMode, type EdgeOptions, planOf } from "./plan.ts";
import { checkLimits, type EdgeFile, type Site, type Target } from "./target.ts";
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

/** Everything that a policy can be written for. Nothing else enumerates them. */
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

export interface EdgeTarget {
	readonly name: string;
	readonly modes: readonly EdgeMode[];
	/** Written from its documentation and read by a parser, but not run. */
	readonly isExperimental: boolean;
	/** How to put it in, and how to try it. */
	readonly howTo: string;
}

export const EDGE_TARGETS: readonly EdgeTarget[] = ALL.map(({ name, modes, isExperimental, howTo }) => ({
	name,
	modes,
	isExperimental: isExperimental === true,
	howTo,
}));

export interface EmitOptions extends EdgeOptions {
	/** The whole server, and not only what is put into it. nginx, Apache, Caddy, HAProxy and Varnish. */
	readonly site?: Site | undefined;
}

export interface EmitResult {
	readonly files: readonly EdgeFile[];
	/** What works here, and may not everywhere. */
	readonly warnings: readonly string[];
}

/**
 * The configuration of a proxy or host that sends the headers of a policy: exactly once, on every response, also on errors
 * that it makes by itself.
 *
 * @param target `nginx`, `apache`, `caddy`, `haproxy`, `varnish`, `cloudflare` …: see `EDGE_TARGETS`.
 * @param policy the middleware, or its options.
 * @throws {EdgeError} with every reason why the target cannot carry the policy.
 * @throws {PolicyError} when the options are refused.
 * @example
 * for (const { path, text } of emit("nginx", headers, { mode: "fill" }).files) writeFileSync(path, text);
 */
export function emit(target: string, policy: PolicySource, options: EmitOptions = {}): EmitResult {
	const found = ALL.find(({ name }) => name === target);
	const names = ALL.map(({ name }) => name);
	if (found === undefined) throw new EdgeError([`no target is called ${show(target)}.${didYouMean(String(target), names)} There are ${names.join(", ")}.`]);
	const { mode = "override", nonceSlot, site } = options;
	const problems = [
		...(found.modes.includes(mode) ? [] : [`${target}: mode ${show(mode)} is not one of its modes. Write ${found.modes.map(show).join(" or ")}.`]),
		...(nonceSlot === undefined || found.canNonce === true ? [] : [`${target} cannot put a nonce into pages. Use nginx, mode "fill", or hashes.`]),
		...problemsOfSite(site),
	];
	if (problems.length > 0) throw new EdgeError(problems);
	const plan = planOf(compiledFrom(policy), { mode, nonceSlot });
	const limits = checkLimits(found, plan);
	if (limits.problems.length > 0) throw new EdgeError(limits.problems);
	return { files: found.files(plan, site), warnings: limits.warnings };
}

/** They go into files as they are. */
function problemsOfSite(site: Site | undefined): readonly string[] {
	if (site === undefined) return [];
	const { upstream, host, port } = site;
	const url = URL.canParse(upstream) ? new URL(upstream) : undefined;
	const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" && /^[\w.:[\]-]+$/.test(url.host) && url.username === "";
	return [
		...(isPlain ? [] : [`site.upstream: received ${show(upstream)}. Write http://127.0.0.1:3000.`]),
		...(/^[\w.*-]{1,253}$/.test(host) ? [] : [`site.host: received ${show(host)}. Write a name such as www.example.com.`]),
		...(Number.isInteger(port) && port > 0 && port < 65_536 ? [] : [`site.port: received ${show(port)}. Write a port such as 80.`]),
	];
}
