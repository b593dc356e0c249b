import type { HeaderDefinition } from "./define.ts";
import { readOnlyTrue } from "./shared/token.ts";

export const xXssProtection: HeaderDefinition<"0"> = {
	key: "xXssProtection",
	name: "X-XSS-Protection",
	summary: "Switches off the script filter of old browsers, which could be turned against the page.",
	why: "Off: no living browser has the filter. true sends 0, the only safe value.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-XSS-Protection",
	spec: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-XSS-Protection",
	byDefault: false,
	whenTrue: true,
	documentsOnly: true,
	several: "one",
	read: (option, reporter) => readOnlyTrue(option, "0", "xxp/invalid", reporter),
	write: (model) => ({ text: model }),
};
