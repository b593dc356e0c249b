import { connect, type TLSSocket } from "node:tls";
import type { Domain } from "../types.ts";
import { chosen } from "./request.ts";

/** What a preload list requires of a domain besides its headers. */
export interface DomainOptions {
	/**
	 * Returns the part of a host name that can be registered, such as `example.co.uk` for `www.example.co.uk`. Returns undefined for a public
	 * suffix.
	 * @example (host) => getDomain(host, { allowPrivateDomains: true }) ?? undefined // getDomain of tldts
	 */
	readonly registrable: (host: string) => string | undefined;
	/**
	 * Whether the domain is to be added to the preload list, or to be removed from it.
	 * @example "listing"
	 */
	readonly wants: Domain["wants"];
}

/** Connects to the domain and its www host. Certificates are always checked, also with `insecure`. */
export async function domainOf(
	url: URL,
	{ registrable, wants }: DomainOptions,
	resolve: ReadonlyMap<string, string>,
	timeout: number,
): Promise<Omit<Domain, "hasHttp">> {
	const host = url.hostname;
	const port = Number(url.port || 443);
	const own = await handshake(host, port, resolve, timeout);
	const www = host.startsWith("www.") || /^[\d.]+$|^\[/.test(host) ? { kind: "absent" as const } : await handshake(`www.${host}`, port, resolve, timeout);
	return {
		host,
		wants,
		registrable: registrable(host),
		tls: own.kind === "good" ? [] : [own.kind === "bad" ? own.why : `no server answers on port ${port} of ${host}. Serve https there.`],
		weakCipher: own.kind === "good" && isWeak(own) ? own.cipher : undefined,
		www: www.kind === "bad" ? www.why : undefined,
	};
}

type Handshake =
	| { readonly kind: "good"; readonly protocol: string; readonly cipher: string }
	| { readonly kind: "bad"; readonly why: string }
	| { readonly kind: "absent" };

function isWeak({ protocol, cipher }: { readonly protocol: string; readonly cipher: string }): boolean {
	return protocol !== "TLSv1.3" && !/^ECDHE-.*(?:GCM|CHACHA20|CCM)/.test(cipher);
}

function handshake(host: string, port: number, resolve: ReadonlyMap<string, string>, timeout: number): Promise<Handshake> {
	return new Promise((settle) => {
		const to = chosen(host, port, resolve);
		const socket: TLSSocket = connect({
			host: to.address ?? host.replace(/[[\]]/g, ""),
			port: to.port,
			servername: /^[\d.]+$|^\[/.test(host) ? "" : host,
		});
		const done = (result: Handshake): void => {
			clearTimeout(timer);
			socket.destroy();
			settle(result);
		};
		const timer = setTimeout(() => done({ kind: "absent" }), timeout);
		socket.on("secureConnect", () => done({ kind: "good", protocol: socket.getProtocol() ?? "", cipher: socket.getCipher().name }));
		socket.on("error", (error) => {
			const code = String(Reflect.get(error, "code"));
			const isAbsent = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|undefined)$/.test(code);
			done(
				isAbsent
					? { kind: "absent" }
					: { kind: "bad", why: `TLS with ${host} fails: ${code}. Send a certificate for that name, with its chain to an authority that browsers trust.` },
			);
		});
	});
}
