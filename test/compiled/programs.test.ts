import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { securedBy } from "../../src/compiled/index.ts";
import * as headguard from "../../src/index.ts";
import { PolicyError, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { makeProgram, randomOf, runProgram } from "../soak/programs.js";
import { compiledModule } from "../support/compiled.ts";
import { runs } from "../support/runs.ts";

const LOCKS: readonly NonNullable<SecureHeadersOptions["lock"]>[] = [[], ["contentSecurityPolicy", "xFrameOptions", "crossOriginOpenerPolicy"]];
const IMAGES = { contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } };

test.each(LOCKS.flatMap((lock) => (["auto", false] as const).map((headerBlock) => ({ lock, headerBlock }))))(
	"whatever an application does, a compiled policy gives the same answer: locked $lock, headerBlock $headerBlock",
	({ lock, headerBlock }) => {
		const headers = secureHeaders({ headerBlock, lock });
		const second = secureHeaders({ headerBlock, lock, xFrameOptions: "SAMEORIGIN", crossOriginEmbedderPolicy: true });
		const compiled = securedBy(compiledModule(headers, { second, images: headers.extend(IMAGES) }, 4));
		const { images, second: again } = compiled.overrides as Record<string, headguard.Mounted>;
		const override = (res: ServerResponse): void => {
			// What an override in a handler does once the head is written.
			if (res.headersSent) throw new PolicyError([{ code: "override/too-late", path: "override", message: "" }]);
			images?.(res.req, res);
		};
		const live = { headguard, headers, second };
		const ready = { headguard, headers: compiled, second: Object.assign((...args: Parameters<headguard.Mounted>) => again?.(...args), { override }) };
		let overridden = 0;
		for (let seed = 1; seed <= runs(700); seed++) {
			for (const stack of ["bare", "express"]) {
				const program = makeProgram(randomOf(seed * 7919));
				const answer = runProgram(program, { ...ready, stack });
				expect([seed, stack, answer]).toEqual([seed, stack, runProgram(program, { ...live, stack })]);
				if (answer.includes("https://img.example")) overridden++;
			}
		}
		expect(overridden, "programs with an override").toBeGreaterThan(runs(30));
	},
);
