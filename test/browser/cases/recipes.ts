import { expect, onTestFinished, vi } from "vitest";
import { until, type Window } from "../../support/engines.ts";
import type { RunningExample } from "../../support/examples.ts";
import { startRecipe } from "../../support/recipes.ts";
import { serveElsewhere } from "../../support/site.ts";
import { tamper, VIOLATIONS, WATCH } from "../../support/tampered.ts";
import type { Case } from "./case.ts";

const RUNS = "document.querySelector('h1')?.textContent === 'It runs'";

/** What the recipes promise beyond their own page. */
export const recipeCases: readonly Case[] = [
	["OAuth popups: the page that opens the popup hears from it", (window) => popup(window, {}, "told")],
	["OAuth popups: with the default policy it does not (control)", (window) => popup(window, { "cross-origin-opener-policy": "same-origin" }, "cut")],
	[
		"Frames for partners: the partner may, others may not, and other pages may not be framed at all",
		async (window) => {
			let framed = "";
			const partner = await html((path) => `<iframe src="${framed}${path}"></iframe>`);
			const recipe = await runRecipe("Frames for partners", { PARTNER: partner });
			const shown = async (outer: string): Promise<boolean> => {
				const site = await tamper(recipe.origin);
				framed = site.origin;
				await window.open(outer);
				expect(site.answered).toContain(`200 ${new URL(outer).pathname}`);
				return site.answered.includes(`200 ${WATCH}`);
			};
			expect(await shown(`${partner}/embed`)).toBe(true);
			expect(await shown(`${partner.replace("127.0.0.1", "localhost")}/embed`), "another origin of the same server").toBe(false);
			expect(await shown(`${partner}/`)).toBe(false);
		},
	],
	[
		"Many tenants: the sites of a tenant can frame its widget, and those of another cannot",
		async (window) => {
			const framing = (): Promise<string> => html((path) => `<iframe src="${decodeURIComponent(path.slice(1))}"></iframe>`);
			const [ofA, ofB] = [await framing(), await framing()];
			const recipe = await runRecipe("Many tenants", { TENANTS: JSON.stringify({ "a.localhost": [ofA], "b.localhost": [ofB] }) });
			const shown = async (outer: string, host: string): Promise<boolean> => {
				const site = await tamper(recipe.origin);
				await window.open(`${outer}/${encodeURIComponent(`${site.origin.replace("localhost", host)}/widget`)}`);
				expect(site.answered).toContain("200 /widget");
				return site.answered.includes(`200 ${WATCH}`);
			};
			expect([await shown(ofA, "a.localhost"), await shown(ofB, "b.localhost")]).toEqual([true, true]);
			expect([await shown(ofB, "a.localhost"), await shown(ofA, "b.localhost"), await shown(ofA, "c.localhost")]).toEqual([false, false, false]);
		},
	],
	[
		"OAuth consent pages: Chromium and WebKit hold each redirect of the form against form-action, Firefox the first address alone",
		async (window, engine) => {
			const shop = await html(() => "<h1>The shop</h1>");
			const callback = await serveElsewhere((_req, res) => void res.writeHead(302, { Location: `${shop}/` }).end());
			const answer = async (registered: readonly string[]): Promise<string> => {
				const recipe = await runRecipe("OAuth consent pages", { SHOP: JSON.stringify(registered) });
				const site = await tamper(recipe.origin);
				await window.open(`${site.origin}/authorize?client_id=shop`);
				await window.press("button");
				const isThere = "document.querySelector('h1')?.textContent === 'The shop'";
				await until(window, `${isThere} || ${VIOLATIONS}?.length > 0`);
				return (await window.read<boolean>(isThere)) ? "passed" : ([...new Set(await window.read<string[]>(VIOLATIONS))].join().split(" ")[0] ?? "");
			};
			expect(await answer([callback, shop])).toBe("passed");
			expect(await answer([callback])).toBe(engine === "Firefox" ? "passed" : "form-action");
		},
	],
	[
		"Uploads and downloads: a file that is shown in spite of everything runs no script and has no origin",
		async (window) => {
			const { origin } = await runRecipe("Uploads and downloads");
			await fetch(`${origin}/files/page.html`, { method: "PUT", body: "<!doctype html><title>Sent</title><script>document.title = 'It ran'</script>" });
			const opened = async (drop: string): Promise<unknown> => {
				const site = await tamper(origin, {
					headers: (headers) => ({ ...without(without(headers, "content-disposition"), drop), "content-type": "text/html" }),
				});
				await window.open(`${site.origin}/files/page.html`);
				return window.read("[document.title, window.origin === 'null']");
			};
			expect(await opened("")).toEqual(["Sent", true]);
			// Without the policy, it is a page of the site (control).
			expect(await opened("content-security-policy")).toEqual(["It ran", false]);
		},
	],
	[
		"Uploads and downloads: text of a listed type is shown as text, whatever it says",
		async (window) => {
			const { origin } = await runRecipe("Uploads and downloads");
			const text = "<!doctype html><title>Sent</title><h1>Sent</h1>";
			await fetch(`${origin}/files/notes.txt`, { method: "PUT", body: text });
			await window.open(`${origin}/files/notes.txt`);
			expect(await window.read("document.body.textContent.trim()")).toBe(text);
		},
	],
	[
		"PDF: an object, an embed and a frame raise no violation, and the first two do where objects are not allowed",
		async (window) => {
			const { origin } = await runRecipe("PDF");
			const raised = async (policy: Record<string, string>): Promise<readonly string[]> => {
				const site = await tamper(origin, { headers: (headers) => (/html/.test(headers["content-type"] ?? "") ? { ...headers, ...policy } : headers) });
				await window.open(`${site.origin}/`);
				// Neither a viewer's end of loading nor a violation that does not come tells when it is over.
				await new Promise((resolve) => setTimeout(resolve, 1000));
				return (await window.read<string[]>(VIOLATIONS)).map((one) => one.split(" ")[0] ?? "");
			};
			expect(await raised({})).toEqual([]);
			expect(await raised({ "content-security-policy": "default-src 'self'; object-src 'none'" })).toEqual(["object-src", "object-src"]);
		},
	],
	[
		"Exfiltration: Chromium alone limits where a page goes",
		async (window, engine) => {
			const seen: string[] = [];
			const elsewhere = await html((path) => String(seen.push(path)));
			const api = await serveElsewhere((_req, res) => void res.setHeader("Access-Control-Allow-Origin", "*").end("hello"));
			const { origin } = await runRecipe("Exfiltration", { API: api });
			await window.open(`${origin}/`);
			if (engine !== "Chromium") await until(window, RUNS);
			await window.read(`void setTimeout(() => location.assign("${elsewhere}/?secret"))`);
			if (engine === "Chromium") await new Promise((resolve) => setTimeout(resolve, 500));
			else await expect.poll(() => seen, { timeout: 8000 }).toContain("/?secret");
			expect(seen.includes("/?secret")).toBe(engine !== "Chromium");
		},
	],
	[
		"Caching pages with a nonce: the stored page runs with the policy that it came with",
		async (window, engine) => {
			const { origin } = await runRecipe("Caching pages with a nonce");
			const site = await tamper(origin);
			for (const path of ["/", "/elsewhere", "/"]) await window.open(site.origin + path);
			await until(window, RUNS);
			expect(await window.read(VIOLATIONS)).toEqual([]);
			// With COOP, WebKit takes a new process for each visit, and its driver stores nothing.
			expect(site.answered.filter((line) => line.endsWith(" /"))).toEqual(engine === "WebKit" ? ["200 /", "200 /"] : ["200 /", "304 /"]);
		},
	],
	[
		"Report-only first: the script runs, and the report arrives",
		async (window) => {
			const { origin, printed } = await runRecipe("Report-only first");
			await window.open(`${origin}/`);
			await until(window, RUNS);
			expect(await reportIn(printed)).toMatchObject({ directive: "script-src-elem", blocked: "inline" });
		},
	],
	[
		"Reports of framing: the frame is blocked, and the report arrives",
		async (window) => {
			const { origin, printed } = await runRecipe("Reports of framing");
			const site = await html(() => `<iframe src="${origin}/"></iframe>`);
			await window.open(`${site}/`);
			expect(await reportIn(printed)).toMatchObject({ directive: "frame-ancestors" });
		},
	],
];

/** Until the test ends. */
async function runRecipe(name: string, env: Readonly<Record<string, string>> = {}): Promise<RunningExample> {
	const recipe = await startRecipe(name, { env });
	onTestFinished(() => recipe.stop());
	return recipe;
}

function html(pageOf: (path: string) => string): Promise<string> {
	return serveElsewhere((req, res) => void res.setHeader("Content-Type", "text/html").end(pageOf(req.url ?? "/")));
}

function without<T extends object>(headers: T, name: string): T {
	return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)) as T;
}

async function popup(window: Window, headers: Record<string, string>, expected: "told" | "cut"): Promise<void> {
	const told: string[] = [];
	const provider = await html((path) => {
		if (path.startsWith("/is?")) told.push(path.slice(4));
		const tell = `new Image().src = "/is?" + (opener === null ? "cut" : "told")`;
		return `<script>opener?.postMessage("It runs", "*"); ${tell}; setTimeout(close, 200)</script>`;
	});
	const recipe = await runRecipe("OAuth popups", { PROVIDER: provider });
	const site = await tamper(recipe.origin, { headers: (all) => ({ ...all, ...headers }) });
	await window.open(`${site.origin}/`);
	await window.press("button");
	await expect.poll(() => told, { timeout: 8000 }).toEqual([expected]);
	if (expected === "told") await until(window, RUNS);
}

async function reportIn(printed: readonly string[]): Promise<unknown> {
	const reports = (): readonly string[] => printed.filter((line) => line.includes("csp-violation"));
	await vi.waitFor(() => expect(reports()).not.toEqual([]), { timeout: 8000 });
	return (JSON.parse(reports()[0] ?? "[]") as unknown[])[0];
}
