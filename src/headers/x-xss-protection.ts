import { readOnlyTrue } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

export const xXssProtection: HeaderDefinition<"0"> = defineHeader("X-XSS-Protection", {
	byDefault: false,
	whenTrue: true,
	read: (option, issues) => readOnlyTrue(option, "0", "xxp/invalid", issues),
	write: (model) => ({ text: model }),
});
