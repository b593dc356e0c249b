import { boolean } from "../core/structured.ts";
import type { HeaderDefinition } from "./define.ts";
import { readOnlyTrue } from "./shared/token.ts";

export const originAgentCluster: HeaderDefinition<"?1"> = {
	key: "originAgentCluster",
	name: "Origin-Agent-Cluster",
	summary: "Asks the browser to give the origin a process of its own, and switches document.domain off.",
	why: "Chromium does so anyway; Firefox and Safari do when asked.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Origin-Agent-Cluster",
	spec: "https://html.spec.whatwg.org/multipage/browsers.html#origin-keyed-agent-clusters",
	byDefault: true,
	whenTrue: true,
	documentsOnly: true,
	several: "one",
	read: (option, reporter) => readOnlyTrue(option, "?1", "oac/invalid", reporter),
	write: () => ({ text: boolean(true) }),
};
