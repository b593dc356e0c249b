import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES, type Window } from "../support/engines.ts";
import { isolationCases } from "./cases/isolation.ts";
import { openPolicyCases, policyCases } from "./cases/policy.ts";
import { openRevalidationCases, revalidationCases } from "./cases/revalidation.ts";

const CASES = [...policyCases, ...revalidationCases, ...isolationCases];
/** What does not hold yet, and is seen not to. Once it does, it belongs to the others. */
const OPEN = [...openPolicyCases, ...openRevalidationCases];

describe.each(ENGINES)("in $name", ({ name, start }) => {
	let window: Window;
	beforeAll(async () => {
		window = await start();
	});
	afterAll(() => window?.close());

	test.each(CASES)("%s", async (_title, run) => {
		await run(window, name);
	});
	test.each(OPEN)("not yet: %s", async (_title, run) => {
		await expect(run(window, name)).rejects.toMatchObject({ name: "AssertionError" });
	});
});
