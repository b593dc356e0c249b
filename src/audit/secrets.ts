type Headers = Readonly<Record<string, string>>;

/** What a user gave for one site: sent to nobody else, and not shown. */
export interface Secrets {
	/** What goes along to an address; `host` is a name that is asked for there in place of its own. */
	headersFor(url: URL, host?: string): Headers;
	/** What goes along to the application behind the proxy, with a question that the proxy was asked at an address. */
	headersBehind(url: URL): Headers;
	/** Without what was sent, wherever an answer repeats it. */
	hide(text: string): string;
	readonly isEmpty: boolean;
}

/** Of the site that was named and of the application behind it: users and passwords of their addresses, and headers for both. */
export function secretsOf(address: URL, direct: URL | undefined, headers: Headers): Secrets {
	const own = { ...authorization(address), ...headers };
	const behind = direct === undefined ? {} : authorization(direct);
	const texts = textsIn([own, behind], [address.password, direct?.password ?? ""].map(decoded));
	return {
		headersFor(url, host) {
			if (!isSameSite(address, url)) return {};
			// Another name, even at the same address, is another site.
			return host === undefined ? own : withoutSecrets(own);
		},
		headersBehind: (url) => (isSameSite(address, url) ? { ...behind, ...headers } : behind),
		hide: (text) => texts.reduce((rest, secret) => rest.replaceAll(secret, "…"), text),
		isEmpty: texts.length === 0,
	};
}

/**
 * The same origin: another port of a host may be somebody else's. From http the way leads to https of the same host, where both have
 * the ports that belong to them; no way leads back.
 */
export function isSameSite(named: URL, asked: URL): boolean {
	if (asked.origin === named.origin) return true;
	const isUpgrade = named.protocol === "http:" && asked.protocol === "https:";
	return isUpgrade && asked.hostname === named.hostname && named.port === "" && asked.port === "";
}

/** User and password of an address, as browsers send them. */
function authorization({ username, password }: URL): Headers {
	if (username === "" && password === "") return {};
	const pair = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
	return { Authorization: `Basic ${btoa(String.fromCharCode(...pair))}` };
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/** Says where a request goes and by what, and nothing of who sends it. */
const OPEN = /^(?:host|x-forwarded-proto)$/i;

function withoutSecrets(headers: Headers): Headers {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => OPEN.test(name)));
}

/** Values of headers, and their parts; and what headers hold in another form. */
function textsIn(sent: readonly Headers[], more: readonly string[]): readonly string[] {
	const secrets = sent.flatMap((headers) => Object.entries(headers)).filter(([name]) => !OPEN.test(name));
	const values = secrets.flatMap(([, value]) => [value, ...value.split(/[\s;=,]+/)]);
	return [...new Set([...values, ...more])].filter((value) => value.length >= 6).sort((a, b) => b.length - a.length);
}
