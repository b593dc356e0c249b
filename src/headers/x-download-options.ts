import { defineHeader, type HeaderDefinition } from "./define.ts";
import { readOnlyTrue } from "./shared/token.ts";

export const xDownloadOptions: HeaderDefinition<"noopen"> = defineHeader("X-Download-Options", {
	byDefault: false,
	whenTrue: true,
	read: (option, reporter) => readOnlyTrue(option, "noopen", "legacy/invalid", reporter),
	write: (model) => ({ text: model }),
});
