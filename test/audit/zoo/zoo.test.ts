import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { audit } from "../../../src/audit/index.ts";
import { ZOO } from "./apps.ts";

// Express tells of errors where it runs in production.
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

test("there are enough of them", () => {
	expect(ZOO.length).toBeGreaterThanOrEqual(60);
	expect(new Set(ZOO.map(({ what }) => what)).size).toBe(ZOO.length);
});

test.each(ZOO)("$what", async ({ app, options, ids }) => {
	const { findings } = await audit(app() as never, { failingPath: "/fail", ...options });
	expect([...new Set(findings.map(({ id }) => id))].sort()).toEqual([...ids].sort());
});
