import { readOnlyTrue } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

export const xXssProtection: HeaderDefinition<"0"> = defineHeader("X-XSS-Protection", {
	byDefault: false,
	whenTrue: true,
	read: (option, reporter) => readOnlyTrue(option, "0", "xxp/invalid", reporter),
	write: (model) => ({ text: model }),
});
