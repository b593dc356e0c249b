type Headers = Readonly<Record<string, string>>;

/** Credentials for one site: sent to no other site, and not shown. */
export interface Secrets {
	/** Headers for a URL. `host` replaces the host name of the URL in the request. */
	headersFor(url: URL, host?: string): Headers;
	/** Headers for the application behind the proxy, for a request that the proxy gets at a URL. */
	headersBehind(url: URL): Headers;
	/** Replaces the credentials wherever a response repeats them. */
	hide(text: string): string;
	readonly isEmpty: boolean;
}

/** The credentials of the site and of the application behind it: user and password of their URLs, and headers for both. */
export function secretsOf(address: URL, direct: URL | undefined, headers: Headers): Secrets {
	const own = { ...authorization(address), ...headers };
	const behind = direct === undefined ? {} : authorization(direct);
	const texts = textsIn([own, behind], [address.password, direct?.password ?? ""].map(percentDecoded));
	return {
		headersFor(url, host) {
			if (!mayReceive(address, url)) return {};
			// Another name at the same address is another site.
			return host === undefined ? own : withoutSecrets(own);
		},
		headersBehind: (url) => (mayReceive(address, url) ? { ...behind, ...headers } : behind),
		hide: (text) => texts.reduce((rest, secret) => rest.replaceAll(secret, "…"), text),
		isEmpty: texts.length === 0,
	};
}

/**
 * The same origin, because another port of a host may belong to someone else. http may lead to https of the same host when
 * both have their default ports. https never leads to http.
 */
export function mayReceive(named: URL, asked: URL): boolean {
	if (asked.origin === named.origin) return true;
	const isUpgrade = named.protocol === "http:" && asked.protocol === "https:";
	return isUpgrade && asked.hostname === named.hostname && named.port === "" && asked.port === "";
}

/** User and password of a URL, as browsers send them. */
function authorization({ username, password }: URL): Headers {
	if (username === "" && password === "") return {};
	const pair = new TextEncoder().encode(`${percentDecoded(username)}:${percentDecoded(password)}`);
	return { Authorization: `Basic ${btoa(String.fromCharCode(...pair))}` };
}

function percentDecoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/** These say where a request goes and how, not who sends it. */
const OPEN = /^(?:host|x-forwarded-proto)$/i;

function withoutSecrets(headers: Headers): Headers {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => OPEN.test(name)));
}

/** Values of headers, their parts, and passwords that headers contain in another form. */
function textsIn(sent: readonly Headers[], more: readonly string[]): readonly string[] {
	const secrets = sent.flatMap((headers) => Object.entries(headers)).filter(([name]) => !OPEN.test(name));
	const values = secrets.flatMap(([, value]) => [value, ...value.split(/[\s;=,]+/)]);
	return [...new Set([...values, ...more])].filter((value) => value.length >= 6).sort((a, b) => b.length - a.length);
}
