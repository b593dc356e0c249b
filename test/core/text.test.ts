import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance, nearest } from "../../src/core/text.ts";
import { emit } from "../../src/edge/index.ts";
import { httpsRedirect } from "../../src/https.ts";
import { PolicyError, secureHeaders } from "../../src/index.ts";

describe("editDistance", () => {
	test.each([
		["", "", 0],
		["camera", "camera", 0],
		["camera", "camra", 1],
		["camera", "acmera", 2],
		["camera", "", 6],
		["kitten", "sitting", 3],
	])("of %j and %j is %i", (a, b, distance) => {
		expect(editDistance(a, b)).toBe(distance);
	});

	test("is the same with a limit, up to the limit, and beyond it infinite", () => {
		const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 });
		fc.assert(
			fc.property(word, word, fc.integer({ min: 0, max: 12 }), (a, b, most) => {
				const distance = editDistance(a, b);
				expect(editDistance(a, b, most)).toBe(distance > most ? Number.POSITIVE_INFINITY : distance);
			}),
		);
	});
});

test("the nearest of two equally near names is the first, and a name that is far from all has none", () => {
	expect(nearest("camra", ["kamra", "camera", "camara"])).toBe("kamra");
	expect(nearest("Camra", ["CAMERA"])).toBe("CAMERA");
	expect(nearest("xyz", ["camera"])).toBeUndefined();
	expect(nearest(`camera${"a".repeat(200)}`, ["camera"])).toBeUndefined();
});

const HUGE = 1_000_000;
const directives = (given: object) => ({ contentSecurityPolicy: { directives: given } });

/** A place in the options for a name, or for a value. */
const PLACES: Readonly<Record<string, (text: string) => unknown>> = {
	"an option": (text) => secureHeaders({ [text]: 1 } as never),
	"a directive": (text) => secureHeaders(directives({ [text]: ["'self'"] })),
	"a directive of an override": (text) => secureHeaders().extend(directives({ [text]: ["'self'"] })),
	"a source": (text) => secureHeaders(directives({ imgSrc: [text] })),
	"a feature": (text) => secureHeaders({ permissionsPolicy: { features: { [text]: [] } } } as never),
	"an unknown feature": (text) => secureHeaders({ permissionsPolicy: { allowUnknownFeatures: { [text]: ["x"] } } } as never),
	"an option of a header": (text) => secureHeaders({ strictTransportSecurity: { [text]: 1 } } as never),
	"a preset": (text) => secureHeaders({ preset: text as never }),
	"a locked header": (text) => secureHeaders({ lock: [text as never] }),
	"a removed header": (text) => secureHeaders({ removeHeaders: [`${text} `] }),
	"a request header": (text) => secureHeaders({ vary: [`${text} `] }),
	"an endpoint": (text) => secureHeaders({ reportingEndpoints: { [`${text} `]: "https://a.example/" } }),
	"a host": (text) => httpsRedirect({ hosts: [text] }),
	"an exemption": (text) => httpsRedirect({ exempt: [`/;${text}`] }),
	"a target": (text) => emit(text, {}),
};

const SHAPES = { small: "a", capital: "A", mixed: "aA", dashes: "a-", control: "\u202e", command: "##[", dots: "a.", blanks: " ", words: "ab " };

test.each(Object.keys(PLACES).flatMap((place) => Object.keys(SHAPES).map((shape) => [place, shape] as const)))(
	"%s of a million characters (%s) is refused at once, in a short message",
	(place, shape) => {
		const unit = SHAPES[shape as keyof typeof SHAPES];
		const text = unit.repeat(HUGE / unit.length);
		// Of this process alone: others may be busy.
		const start = process.cpuUsage();
		let message = "";
		try {
			PLACES[place]?.(text);
		} catch (error) {
			message = (error as Error).message;
		}
		const { user, system } = process.cpuUsage(start);
		expect((user + system) / 1000).toBeLessThan(1000);
		expect(message).not.toBe("");
		expect(message.length).toBeLessThan(2000);
	},
);

test("of thousands of problems the message names a hundred, and the error holds all", () => {
	const names = Array.from({ length: 5000 }, (_, i) => [`f${i}`, []]);
	try {
		secureHeaders({ permissionsPolicy: { features: Object.fromEntries(names) } } as never);
		expect.unreachable();
	} catch (error) {
		const { message, issues } = error as PolicyError;
		expect(error).toBeInstanceOf(PolicyError);
		expect(issues).toHaveLength(5000);
		expect(message.split("\n").map((line) => line.slice(0, 60))).toEqual([
			"5000 problems:",
			...Array.from({ length: 100 }, (_, i) => `  permissionsPolicy.features.f${i}: received "f${i}", which is not a feature of this version`.slice(0, 60)),
			"  … and 4900 more, in the issues of this error",
		]);
	}
});
