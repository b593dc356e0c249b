import { lintApache } from "./apache.ts";
import { lintCaddy } from "./caddy.ts";
import { lintHaproxy } from "./haproxy.ts";
import { lintNginx } from "./nginx.ts";
import { LINTED, type Linted, serverOf } from "./server-of.ts";
import type { Known, Lint, ReadFile, Source, Wanted } from "./types.ts";
import { lintVarnish } from "./varnish.ts";

export { LINTED, type Lint, type Linted, type ReadFile, type Source, serverOf, type Wanted };

const LINTS = { nginx: lintNginx, apache: lintApache, caddy: lintCaddy, haproxy: lintHaproxy, varnish: lintVarnish } satisfies Record<
	Linted,
	(source: Source, known: Known) => readonly Lint[]
>;

/**
 * Known mistakes in the configuration of a proxy, and values that differ from the policy.
 * @param sent the headers that the application sends, in lower case.
 */
export function lintEdge(server: Linted, text: string, file: string, readFile: ReadFile, wanted?: Wanted, sent?: ReadonlySet<string>): readonly Lint[] {
	return LINTS[server]({ file, text }, { readFile, wanted, sent });
}
