import { describe, expect, test } from "vitest";
import { csp, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { compiledModule } from "../support/compiled.ts";

const { self, unsafeInline, nonce } = csp;
const scripts = () => "https://scripts.example";
const directives = (given: object): SecureHeadersOptions => ({ contentSecurityPolicy: { directives: given } });

describe("what cannot be compiled is refused with the reason", () => {
	test("a function that makes a patch in each request, also below another override", () => {
		const headers = secureHeaders();
		const dynamic = headers.extend(() => ({ referrerPolicy: "no-referrer" }));
		for (const tenant of [dynamic, dynamic.extend({ xFrameOptions: "SAMEORIGIN" })])
			expect(() => compiledModule(headers, { tenant })).toThrow("tenant: a function makes its patch in each request, which needs the compiler");
		expect(() => compiledModule(headers, { tenant: headers.extend({ referrerPolicy: "no-referrer" }) }), "(control)").not.toThrow();
	});

	test.each<[string, SecureHeadersOptions, string]>([
		[
			"a function without a name",
			directives({
				scriptSrc: [
					self,
					(
						() => () =>
							"x"
					)(),
				],
			}),
			"script-src: a function has no name",
		],
		["a keyword that only applies with the answer", directives({ styleSrc: [self, unsafeInline, scripts] }), "style-src: a keyword that only applies together"],
		[
			"functions in four lists",
			directives({ scriptSrc: [self, scripts], styleSrc: [self, scripts], imgSrc: [self, scripts], fontSrc: [self, scripts] }),
			"functions add to 4 lists",
		],
		[
			"two functions of one name",
			directives({ imgSrc: [self, { scripts: () => "https://a.example" }.scripts], fontSrc: [self, scripts] }),
			"img-src: another function, in font-src, is also called scripts",
		],
	])("%s", (_title, options, message) => {
		expect(() => compiledModule(secureHeaders(options))).toThrow(message);
	});

	test("neither a name in the list, nor the same function in three lists, is refused (control)", () => {
		const lists = { scriptSrc: [self, nonce, scripts], imgSrc: [self, scripts], fontSrc: [self, scripts] };
		expect(compiledModule(secureHeaders(directives(lists))).policies["headers"]?.sources).toHaveLength(3);
	});

	test("two policies with different functions for secure", () => {
		const headers = secureHeaders({ secure: () => true });
		expect(() => compiledModule(headers, { other: secureHeaders({ secure: () => false }) })).toThrow("secure: the policies have different functions");
	});

	test("more policies than a module should hold", () => {
		const headers = secureHeaders();
		const many = Object.fromEntries(
			Array.from({ length: 25 }, (_, i) => [`route${i}`, headers.extend(directives({ imgSrc: [`https://i${i}.example`] }) as never)]),
		);
		expect(() => compiledModule(headers, many, 2)).toThrow("make more than 300 policies. Write --stacks 1");
		expect(Object.keys(compiledModule(headers, many, 1).policies)).toHaveLength(1 + 25);
	});
});
