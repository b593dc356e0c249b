import { readOnlyTrue } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

export const xContentTypeOptions: HeaderDefinition<"nosniff"> = defineHeader("X-Content-Type-Options", {
	byDefault: true,
	whenTrue: true,
	read: (option, issues) => readOnlyTrue(option, "nosniff", "xcto/invalid", issues),
	write: (model) => ({ text: model }),
});
