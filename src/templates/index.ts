export { LANGUAGES, languageOf, nonceFor } from "./language.ts";
export { readTemplate } from "./read.ts";
export type { Language, Piece } from "./types.ts";
export { type NonceOptions, type Remark, type WithNonces, withNonces } from "./write.ts";
