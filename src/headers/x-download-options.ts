import type { HeaderDefinition } from "./define.ts";
import { readOnlyTrue } from "./shared/token.ts";

export const xDownloadOptions: HeaderDefinition<"noopen"> = {
	key: "xDownloadOptions",
	name: "X-Download-Options",
	summary: "Kept Internet Explorer 8 from opening downloads inside the site.",
	why: "Off: no living browser reads it.",
	mdn: "https://learn.microsoft.com/archive/blogs/ie/ie8-security-part-v-comprehensive-protection",
	spec: "https://learn.microsoft.com/archive/blogs/ie/ie8-security-part-v-comprehensive-protection",
	byDefault: false,
	whenTrue: true,
	documentsOnly: true,
	several: "one",
	read: (option, reporter) => readOnlyTrue(option, "noopen", "legacy/invalid", reporter),
	write: (model) => ({ text: model }),
};
