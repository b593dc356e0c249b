import type { Window } from "../../support/engines.ts";
import type { Engine } from "../../support/inline-code.ts";

/** One claim about what a browser does with what the library sends, held against every engine. */
export type Case = readonly [title: string, run: (window: Window, engine: Engine) => Promise<void>];
