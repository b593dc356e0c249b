import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { launch, visit } from "./browser.ts";
import { environmentOf } from "./environment.ts";
import { hasCounted, testInOtherEngines } from "./framework-engines.ts";
import { freePort } from "./free-port.ts";

/** An app of examples/frameworks. Each page of it has `<button id="count">0</button>`, which counts its clicks once the page runs. */
export interface FrameworkApp {
	/** The folder. */
	readonly name: string;
	readonly modes?: readonly Mode[];
	/** Pages that run. */
	readonly pages: readonly string[];
	/** `a#second` on these pages, the first one by default, leads to a page whose h1 is "Second page", without a load where the framework navigates by itself. */
	readonly navigates?: string | readonly string[] | false;
	/** Path and status of answers that are no pages: 404, 500, a redirect, a preflight … */
	readonly answers: readonly Answer[];
	/** Paths of files that caches may keep. In production; a function finds them in the first page. */
	readonly files: readonly string[] | ((html: string) => readonly string[]);
	readonly hot?: Change | readonly Change[];
	/**
	 * What Chromium blocks when the policy has this preset, in production: `directive blocked-URI`, or `directive file` for a file of the app, each once.
	 * The row `navigation` is for the way to the second page, where it differs.
	 */
	readonly presets?: Readonly<Partial<Record<"ssr" | "strict" | "compatible", Blocked>>>;
	/** Another preset needs no other build: the policy is no part of it, and development leaves it as it is. */
	readonly keepsBuild?: boolean;
	/** The file with `secureHeaders(`. headers.js by default. */
	readonly policy?: string;
	/** More tests, of what only this framework has. */
	also?(started: () => Started, mode: Mode): void;
}

/** A change of a source file that reaches the open page in development, without a load: the text of `selector` before and after. */
interface Change {
	/** The first one by default. */
	readonly page?: string;
	readonly file: string;
	readonly from: string;
	readonly to: string;
	readonly selector: string;
}

/** Of all pages, or of each one. */
type Blocked = readonly string[] | Readonly<Record<string, readonly string[]>>;

export type Mode = "production" | "development";

interface Answer {
	readonly path: string;
	/** One, or one for each mode. */
	readonly status: number | Readonly<Record<Mode, number>>;
	readonly method?: string;
	readonly headers?: Readonly<Record<string, string>>;
}

export interface Started {
	readonly origin: string;
	readonly browser: Browser;
	/** Where the copy of the app is. */
	readonly folder: string;
	/** What the app has printed. */
	printed(): string;
	stop(): Promise<void>;
}

/** One line each, on every answer: what the default policy and all presets have in common and http on localhost shows. */
const ALWAYS = [
	"content-security-policy",
	"x-content-type-options",
	"referrer-policy",
	"permissions-policy",
	"cross-origin-opener-policy",
	"cross-origin-resource-policy",
];

/** The same rows for every framework. */
export function testFramework(app: FrameworkApp): void {
	const folder = join(tmpdir(), "headguard-frameworks", app.name);
	const navigating = app.navigates === false ? [] : [app.navigates ?? app.pages[0] ?? "/"].flat();
	let browser: Browser;

	beforeAll(async () => {
		install(app.name, folder);
		browser = await launch();
	}, 600_000);
	// A browser that has crashed fails its test, and not all that follow.
	beforeEach(async () => {
		if (!browser.isConnected()) browser = await launch();
	});
	afterAll(() => browser?.close());

	describe.each<Mode>(app.modes ?? ["production", "development"])("%s", (mode) => {
		let started: Started;
		beforeAll(async () => {
			copySources(app.name, folder);
			if (mode === "production") build(folder);
			started = await start(folder, mode, browser);
			// The server compiles each page at its first request, which can take longer than a test may.
			if (mode === "development") for (const path of [...app.pages, ...app.answers.map((answer) => answer.path)]) await ask(started.origin, { path });
		}, 600_000);
		afterAll(() => started?.stop());

		test("the policy is on every answer, one line for each header", async () => {
			for (const answer of [...app.pages.map((path) => ({ path, status: 200 })), ...app.answers]) {
				const { status, lines } = await ask(started.origin, answer);
				expect([answer.path, status]).toEqual([answer.path, typeof answer.status === "number" ? answer.status : answer.status[mode]]);
				for (const name of ALWAYS) expect([answer.path, name, lines.filter(([field]) => field === name).length]).toEqual([answer.path, name, 1]);
				expect(lines.filter(([field]) => field === "x-powered-by")).toEqual([]);
			}
		});

		test.each(app.pages)("%s runs without a violation", async (path) => {
			const { page, violations } = await visit(browser, started.origin + path);
			await counts(page);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test.each(app.pages)("a script that was injected into %s does not run", async (path) => {
			const { page, violations } = await visit(browser, started.origin + path, "<script>window.injected = true</script>");
			await counts(page);
			expect(await violations()).toContain("script-src-elem inline");
			expect(await page.evaluate(() => Reflect.get(window, "injected"))).toBeUndefined();
			await page.close();
		});

		test.each(navigating)("navigation from %s to the second page raises no violation", async (path) => {
			const { page, violations } = await visit(browser, started.origin + path);
			await counts(page);
			await navigate(page);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("a nonce that a client sends reaches no page", async () => {
			const evil = "ZXZpbC1ub25jZS1vZi1hLWNsaWVudA";
			const policy = `script-src 'nonce-${evil}'`;
			const headers = { "x-nonce": evil, nonce: evil, "content-security-policy": policy, "content-security-policy-report-only": policy };
			for (const path of [...app.pages, ...app.answers.map(({ path }) => path)]) {
				const { lines, body } = await ask(started.origin, { path, headers });
				expect([path, `${lines.join("\n")}\n${body}`.includes(evil)]).toEqual([path, false]);
			}
		});

		if (mode === "production") {
			test("files carry no nonce", async () => {
				const { body } = await ask(started.origin, { path: app.pages[0] as string });
				const files = typeof app.files === "function" ? app.files(body) : app.files;
				expect(files).not.toEqual([]);
				for (const path of files) {
					const { status, lines } = await ask(started.origin, { path });
					const value = lines.find(([name]) => name === "content-security-policy")?.[1] ?? "";
					expect([path, status, value.includes("default-src"), value.includes("'nonce-")]).toEqual([path, 200, true, false]);
				}
			});
		} else {
			const changes = app.hot === undefined ? [] : [app.hot].flat();
			test.each(changes)("a change of $file reaches the open page without a violation", async ({ page: path = app.pages[0], file, from, to, selector }) => {
				const { page, violations } = await visit(browser, started.origin + path);
				await counts(page);
				await settle(page);
				edit(folder, file, from, to);
				await page.waitForFunction(([at, text]) => document.querySelector(at as string)?.textContent?.includes(text as string), [selector, to], {
					timeout: 30_000,
				});
				expect(await violations()).toEqual([]);
				edit(folder, file, to, from);
				await page.close();
			});
		}
		app.also?.(() => ({ ...started, browser }), mode);
		if (mode === "production") testInOtherEngines(() => started.origin, app.pages, navigating);
	});

	describe.each(Object.entries(app.presets ?? {}))("preset %s", (preset, expected) => {
		let started: Started;
		beforeAll(async () => {
			copySources(app.name, folder);
			edit(folder, app.policy ?? "headers.js", "secureHeaders({", `secureHeaders({ preset: ${JSON.stringify(preset)},`);
			if (app.keepsBuild !== true) build(folder);
			started = await start(folder, "production", browser);
		}, 600_000);
		afterAll(() => started?.stop());

		const rows = isList(expected)
			? [{ name: "the app", paths: app.pages, blocked: expected }]
			: Object.entries(expected).map(([path, blocked]) => ({ name: path, paths: path === "navigation" ? [] : [path], blocked }));
		const hasOwnRow = rows.some(({ name }) => name === "navigation");
		test.each(rows)("blocks in $name: $blocked", async ({ name, paths, blocked }) => {
			const seen = new Set<string>();
			for (const path of paths) {
				const { page, violations } = await visit(browser, started.origin + path);
				await settle(page);
				if (blocked.length === 0) await counts(page);
				if (blocked.length === 0 && !hasOwnRow && navigating.includes(path)) await navigate(page);
				for (const violation of await violations()) seen.add(shown(violation));
				await page.close();
			}
			for (const path of name === "navigation" ? navigating : []) {
				const { page, violations } = await visit(browser, started.origin + path);
				await counts(page);
				expect(await violations()).toEqual([]);
				await page.click("a#second");
				await settle(page);
				// The page was at rest before, so it may still be at the start of the navigation.
				const missing = async (): Promise<number> => {
					for (const violation of await violations()) seen.add(shown(violation));
					return blocked.length - seen.size;
				};
				await expect
					.poll(missing, { timeout: 3000 })
					.toBeLessThanOrEqual(0)
					.catch(() => {});
				await page.close();
			}
			expect([...seen].sort()).toEqual([...blocked].sort());
		});
		const shown = (violation: string) => violation.replace(started.origin, "self").replace(/ self\/.+/, " file");
	});
}

function isList(blocked: Blocked): blocked is readonly string[] {
	return Array.isArray(blocked);
}

/** The page runs: its button counts. */
export async function counts(page: Page): Promise<void> {
	await page.waitForFunction(hasCounted, undefined, { timeout: 60_000, polling: 200 });
}

async function navigate(page: Page): Promise<void> {
	await page.click("a#second");
	await page.getByRole("heading", { level: 1, name: "Second page" }).waitFor();
	await settle(page);
}

/** Nothing loads any more, for half a second. A page that never rests, as with an open stream, has three seconds. */
export async function settle(page: Page): Promise<void> {
	await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => {});
}

/** Milliseconds. */
const LONGEST_ANSWER = 90_000;

/** The raw lines of an answer, names in small letters. No redirect is followed. */
export async function ask(
	origin: string,
	{ path, method = "GET", headers = {} }: Partial<Answer> & { readonly path: string },
): Promise<{ readonly status: number; readonly lines: readonly (readonly [string, string])[]; readonly body: string }> {
	const response = await new Promise<IncomingMessage>((resolve, reject) => {
		const asked = request(origin + path, { method, headers: { accept: "text/html", ...headers } }, resolve);
		asked.on("error", reject);
		asked.setTimeout(LONGEST_ANSWER, () => asked.destroy(new Error(`${method} ${path}: no answer within ${LONGEST_ANSWER / 1000} s.`)));
		asked.end();
	});
	let body = "";
	response.setEncoding("utf8").on("data", (chunk) => {
		body += chunk;
	});
	await new Promise((resolve) => response.on("close", resolve));
	const lines = Array.from({ length: response.rawHeaders.length / 2 }, (_, i) => {
		return [response.rawHeaders[i * 2]?.toLowerCase() ?? "", response.rawHeaders[i * 2 + 1] ?? ""] as const;
	});
	return { status: response.statusCode ?? 0, lines, body };
}

/** Replaces a text that must be there once. */
export function edit(folder: string, file: string, from: string, to: string): void {
	const text = readFileSync(join(folder, file), "utf8");
	if (text.split(from).length !== 2) throw new Error(`${file} has "${from}" ${text.split(from).length - 1} times, not once.`);
	writeFileSync(
		join(folder, file),
		text.replace(from, () => to),
	);
}

/** What `npm ci` brings, and the packed library as the registry would bring it. A folder that an earlier run left is used again. */
export function install(name: string, folder: string): void {
	const lock = readFileSync(`examples/frameworks/${name}/package-lock.json`);
	const stamp = createHash("sha256").update(lock).digest("hex");
	const stampFile = join(folder, "node_modules", ".headguard-lock");
	if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
		rmSync(folder, { recursive: true, force: true });
		copySources(name, folder);
		const ci = (...more: readonly string[]): void => {
			const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error", ...more];
			execFileSync("npm", args, { cwd: folder, env: environmentOf(folder), stdio: ["ignore", "ignore", "inherit"] });
		};
		// The lock says what is right, so npm need not ask the registry for news of each package, unless what it knows is older than the lock.
		try {
			ci("--prefer-offline");
		} catch {
			ci();
		}
		writeFileSync(stampFile, stamp);
	}
	const library = join(folder, "node_modules", "headguard");
	rmSync(library, { recursive: true, force: true });
	mkdirSync(library, { recursive: true });
	execFileSync("tar", ["-xzf", inject("packed").tarball, "--strip-components=1", "-C", library]);
	mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
	const bin = join(folder, "node_modules", ".bin", "headguard");
	writeFileSync(bin, '#!/usr/bin/env node\nimport("../headguard/dist/cli.js");\n', { mode: 0o755 });
}

function copySources(name: string, folder: string): void {
	mkdirSync(folder, { recursive: true });
	const isSource = (path: string) => !/[\\/](node_modules|\.next|\.svelte-kit|\.nuxt|\.output|\.angular|dist|build)([\\/]|$)/.test(path);
	const from = resolve("examples/frameworks", name);
	cpSync(from, folder, { recursive: true, filter: (path) => isSource(path.slice(from.length)) });
}

function build(folder: string): void {
	execFileSync("npm", ["run", "build", "--if-present"], {
		cwd: folder,
		stdio: ["ignore", "pipe", "inherit"],
		env: { ...environmentOf(folder), ...QUIET, NODE_ENV: "production" },
	});
}

/** No framework asks the network about its version or counts its users. */
const QUIET = { NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1", NUXT_TELEMETRY_DISABLED: "1", NG_CLI_ANALYTICS: "false", CI: "1" };

/** Milliseconds. An app that prints no address is an error with what it did print, and not a test without an end. */
const LONGEST_START = 120_000;

/** `npm start`, or `npm run dev`: prints its address. */
export async function start(folder: string, mode: Mode, browser: Browser): Promise<Started> {
	// Nuxt says 0 if it is given 0.
	const port = String(await freePort());
	// Vitest sets these, and Nuxt prints no address where it takes itself for a test.
	const { TEST: _, VITEST: __, ...inherited } = environmentOf(folder);
	const running = spawn("npm", ["run", "--silent", mode === "production" ? "start" : "dev"], {
		cwd: folder,
		detached: true,
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...inherited, ...QUIET, NODE_ENV: mode, PORT: port },
	});
	let printed = "";
	const exited = new Promise<void>((resolve) => running.once("exit", () => resolve()));
	const stop = async () => {
		// The whole group: npm, and what it has started.
		if (running.pid !== undefined) process.kill(-running.pid, "SIGKILL");
		await exited;
	};
	const origin = await new Promise<string>((resolve, reject) => {
		const late = setTimeout(() => {
			void stop();
			reject(new Error(`The app printed no address within ${LONGEST_START / 1000} s: ${printed}`));
		}, LONGEST_START);
		const read = (chunk: Buffer) => {
			printed += chunk;
			const found = /http:\/\/(?:localhost|127\.0\.0\.1):\d+/.exec(printed)?.[0];
			if (found === undefined) return;
			clearTimeout(late);
			resolve(found);
		};
		running.stdout.on("data", read);
		running.stderr.on("data", read);
		running.once("exit", () => {
			clearTimeout(late);
			reject(new Error(`The app ended: ${printed}`));
		});
	});
	return {
		origin,
		browser,
		folder,
		printed: () => printed,
		stop,
	};
}
