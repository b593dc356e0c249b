import { readOnlyTrue } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

export const xDownloadOptions: HeaderDefinition<"noopen"> = defineHeader("X-Download-Options", {
	byDefault: false,
	whenTrue: true,
	read: (option, reporter) => readOnlyTrue(option, "noopen", "legacy/invalid", reporter),
	write: (model) => ({ text: model }),
});
