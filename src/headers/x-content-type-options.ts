import type { HeaderDefinition } from "./define.ts";
import { readOnlyTrue } from "./shared/token.ts";

export const xContentTypeOptions: HeaderDefinition<"nosniff"> = {
	key: "xContentTypeOptions",
	name: "X-Content-Type-Options",
	summary: "Stops browsers from guessing a type: a script or style with another Content-Type is not used.",
	why: "It has one legal value, and no correct site breaks under it.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options",
	spec: "https://fetch.spec.whatwg.org/#x-content-type-options-header",
	byDefault: true,
	whenTrue: true,
	documentsOnly: false,
	several: "one",
	locked: true,
	read: (option, reporter) => readOnlyTrue(option, "nosniff", "xcto/invalid", reporter),
	write: (model) => ({ text: model }),
};
