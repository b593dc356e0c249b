import { HOST_SOURCE, isHost, type Source } from "./grammar.ts";

/** Hosts with JSONP, which calls a function that the URL names, or with old script libraries that run markup of the page. */
export const BYPASS_HOSTS: readonly string[] = [
	"accounts.google.com",
	"ajax.googleapis.com",
	"api.facebook.com",
	"cdn.jsdelivr.net",
	"cdnjs.cloudflare.com",
	"clients1.google.com",
	"cse.google.com",
	"googleads.g.doubleclick.net",
	"graph.facebook.com",
	"maps.googleapis.com",
	"mc.yandex.ru",
	"pagead2.googlesyndication.com",
	"raw.githack.com",
	"rawgit.com",
	"cdn.rawgit.com",
	"suggest.taobao.com",
	"syndication.twitter.com",
	"translate.google.com",
	"translate.googleapis.com",
	"unpkg.com",
	"vk.com",
	"www.google.com",
	"www.googleadservices.com",
	"www.googleapis.com",
	"www.gstatic.com",
	"www.youtube.com",
	"yandex.ru",
	"yandex.st",
	"yastatic.net",
];

/** The known host that a source allows. A source of a single file is trusted. */
export function bypassIn(source: Source): string | undefined {
	const [, , host = "", , path = "/"] = HOST_SOURCE.exec(String(source)) ?? [];
	if (!isHost(source) || !path.endsWith("/")) return undefined;
	const name = host.toLowerCase().replace(/\.$/, "");
	return BYPASS_HOSTS.find((known) => (name.startsWith("*.") ? known.endsWith(name.slice(1)) : known === name));
}
