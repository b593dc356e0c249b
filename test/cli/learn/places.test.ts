import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { withPlaces } from "../../../src/cli/learn/places.ts";
import type { Change } from "../../../src/cli/learn/types.ts";

const folder = mkdtempSync(join(tmpdir(), "learn-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(
	join(folder, "home.ejs"),
	`<script>\n  window.time = <%= now %>;\n</script>\n<button onclick="go('a')">a</button>\n<a href="javascript:go()">b</a>\n<script>window.time = 1</script>\n`,
);
writeFileSync(join(folder, "list.pug"), "button(onclick=\"go('a')\") a\n");

test.each<[kind: Change["kind"], head: string, places: readonly string[]]>([
	["nonce", "window.time = 1796025056172;", ["home.ejs:1"]],
	["nonce", "window.time = 1", ["home.ejs:6"]],
	["handler", "go('a')", ["home.ejs:4", "list.pug:1"]],
	["javascript", "javascript:go()", ["home.ejs:5"]],
	["handler", "go('b')", ["line 4 of /"]],
	["handler", "", ["line 4 of /"]],
	["eval", "go('a')", ["line 4 of /"]],
])("%s code that begins with %j is in %j", (kind, head, places) => {
	const change: Change = { kind, what: "", advice: "", pages: ["/"], places: ["line 4 of /"], isKept: true, head };
	expect(withPlaces([change], folder)[0]?.places.map((place) => place.replace(`${folder}/`, ""))).toEqual(places);
});
