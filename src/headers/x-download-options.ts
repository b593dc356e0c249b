import { readOnlyTrue } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

export const xDownloadOptions: HeaderDefinition<"noopen"> = defineHeader("X-Download-Options", {
	byDefault: false,
	whenTrue: true,
	read: (option, issues) => readOnlyTrue(option, "noopen", "legacy/invalid", issues),
	write: (model) => ({ text: model }),
});
