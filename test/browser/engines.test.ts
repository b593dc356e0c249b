import { afterAll, beforeAll, describe, test } from "vitest";
import { ENGINES, type Window } from "../support/engines.ts";
import { demoCases } from "./cases/demo.ts";
import { headerCases } from "./cases/headers.ts";
import { isolationCases } from "./cases/isolation.ts";
import { policyCases } from "./cases/policy.ts";
import { reportCases } from "./cases/reports.ts";
import { requestCases } from "./cases/requests.ts";
import { revalidationCases } from "./cases/revalidation.ts";
import { sourceCases } from "./cases/sources.ts";

const CASES = [...policyCases, ...revalidationCases, ...isolationCases, ...requestCases, ...headerCases, ...reportCases, ...demoCases, ...sourceCases];

describe.each(ENGINES)("in $name", ({ name, start }) => {
	let window: Window;
	beforeAll(async () => {
		window = await start();
	});
	afterAll(() => window?.close());

	test.each(CASES)("%s", async (_title, run) => {
		await run(window, name);
	});
});
