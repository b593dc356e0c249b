import { describe, expect, test } from "vitest";
import type { Code } from "../../src/core/codes.ts";
import { PolicyError } from "../../src/core/errors.ts";
import type { PolicyIssue } from "../../src/core/issue.ts";
import { compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import type { SecureHeadersOptions } from "../../src/policy/options.ts";
import { blockFor } from "../../src/response/wire.ts";

export interface On {
	readonly secure?: boolean;
	readonly hstsAllowed?: boolean;
}

/** Header name → text, with `NONCE` in the slots, for a request over https to a named host unless told otherwise. */
export function headersOf(options: unknown, { secure = true, hstsAllowed = true }: On = {}): Record<string, string> {
	const block = blockFor(compile(createPolicy(options as SecureHeadersOptions)), secure, hstsAllowed);
	return Object.fromEntries(block.headers.map(({ name, text, nonced }) => [name, nonced?.join("NONCE") ?? text]));
}

export function issuesOf(options: unknown): readonly PolicyIssue[] {
	try {
		createPolicy(options as SecureHeadersOptions);
	} catch (error) {
		if (error instanceof PolicyError) return error.issues;
		throw error;
	}
	return [];
}

export function codesOf(options: unknown): readonly Code[] {
	return issuesOf(options).map(({ code }) => code);
}

export function warningsOf(options: unknown): readonly string[] {
	return createPolicy(options as SecureHeadersOptions).warnings.map(({ code, path }) => `${path} ${code}`);
}

/** A table of texts and a table of refusals for one header. */
export function headerTable(
	name: string,
	texts: readonly (readonly [options: unknown, text: string | undefined, on?: On])[],
	refusals: readonly (readonly [options: unknown, ...codes: Code[]])[],
): void {
	describe(name, () => {
		test.each(texts.map((row) => [row]))("%j gives its exact text", ([options, text, on]) => {
			expect(headersOf(options, on)[name]).toBe(text);
		});
		test.each(refusals.map((row) => [row]))("%j is refused", ([options, ...codes]) => {
			expect(codesOf(options)).toEqual(codes);
		});
	});
}
