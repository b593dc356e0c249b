import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProjectFiles } from "../../src/devtools/files.ts";
import { createFindingLog } from "../../src/devtools/log.ts";
import { createVisits, type Visit } from "../../src/devtools/visits.ts";

/* Whatever pages report and request, what devtools keeps of it is bounded. */

test("the newest 500 findings are kept, and one that comes again is as new", () => {
	const log = createFindingLog();
	const add = (id: string): void =>
		log.add({ id, kind: "blocked", rule: "", title: "", page: "", place: undefined, fix: [], why: "", opens: undefined, change: undefined }, "report");
	for (let i = 0; i < 500; i++) add(`${i}`);
	add("0");
	add("500");
	const ids = log.all().map(({ id }) => id);
	expect([ids.length, ids[0], ids.slice(-2)]).toEqual([500, "2", ["0", "500"]]);
});

test("the newest 500 pages are kept, and as many redirects", () => {
	const visits = createVisits();
	const visit = (path: string): Visit => ({ method: "GET", path, route: undefined, view: undefined, steps: [], status: 200, embedder: undefined, time: 0 });
	const req = { headers: { host: "localhost" }, socket: {} };
	const res = { statusCode: 302, getHeader: () => "/to" };
	for (let i = 0; i < 501; i++) {
		visits.note(visit(`/${i}`));
		visits.noteRedirect(req as never, res as never, `/${i}`);
		expect(visits.ways().size).toBeLessThanOrEqual(500);
	}
	expect([visits.all().length, visits.at("/0"), visits.at("/500")?.path]).toEqual([500, undefined, "/500"]);
	expect([...visits.ways().keys()]).toEqual(["http://localhost/500"]);
});

test("at most 2,000 files of the project are read", () => {
	const folder = realpathSync(mkdtempSync(join(tmpdir(), "headguard-")));
	for (let i = 0; i < 2001; i++) writeFileSync(join(folder, `${i}.html`), "x");
	expect(createProjectFiles(folder)([folder]).length).toBe(2000);
	rmSync(folder, { recursive: true });
});
