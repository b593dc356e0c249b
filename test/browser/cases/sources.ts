import { expect } from "vitest";
import engines from "../../../scripts/engines.json" with { type: "json" };
import { NAMES } from "../../../src/headers/facts.ts";
import { until, type Window } from "../../support/engines.ts";
import { serve } from "../../support/site.ts";
import type { Case } from "./case.ts";

/** A policy, and what it would have blocked: `effective directive, start of the address, whether there is a sample`. */
type Told = readonly (readonly [policy: string, directive: string, blocked: string, isSampled: boolean])[];

/** Each engine tells of every policy, so one page shows what each of them blocks. */
const STARS = ["img-src", "media-src", "font-src", "connect-src", "style-src-elem", "worker-src"];
const ASKING = ["default-src", "script-src", "script-src-elem", "style-src", "style-src-elem"];
const SCHEMES = ["data:", "blob:"];

const PAGE = `<!doctype html><meta charset="utf-8"><title>page</title><script>
	window.told = [];
	document.addEventListener("securitypolicyviolation", ({ originalPolicy, effectiveDirective, blockedURI, sample }) =>
		told.push([originalPolicy.trim(), effectiveDirective, blockedURI, sample !== ""]));
</script>
<style>i { order: 7 }</style>
<video></video><audio src="data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="></audio>
<script>
	const blob = (type) => URL.createObjectURL(new Blob(["1"], { type }));
	const add = (name, fields) => document.body.append(Object.assign(document.createElement(name), fields));
	document.querySelector("video").src = blob("video/webm");
	for (const address of ["data:image/gif;base64,R0lGODlhAQABAAAAACw=", blob("image/gif")]) add("img", { src: address });
	for (const address of ["data:text/css,i{}", blob("text/css")]) add("link", { rel: "stylesheet", href: address });
	for (const address of ["data:text/javascript,1", blob("text/javascript")]) new Worker(address);
	for (const address of ["data:font/woff2;base64,AA==", blob("font/woff2")]) new FontFace("f", "url(" + address + ")").load().catch(() => {});
	for (const address of ["data:text/plain,1", blob("text/plain")]) fetch(address).catch(() => {});
	fetch("OTHER/", { mode: "no-cors" }).catch(() => {}).then(() => { document.documentElement.dataset.done = "1"; });
</script>`;

export const sourceCases: readonly Case[] = [
	[
		"what `*` allows beyond the network, and where a list has to ask for samples, is what the data says",
		async (window, engine) => {
			const { told, other } = await toldIn(window);
			const blockedBy = (policy: string): string[] =>
				told.filter(([text]) => text === policy).map(([, directive, blocked]) => `${directive} ${blocked.replace(/:.*/, "")}:`);
			const facts = engines.csp;
			const more: Readonly<Record<string, readonly string[]>> = Reflect.get(facts.starAlsoAllows, engine) ?? {};
			for (const directive of STARS) {
				const blocked = SCHEMES.filter((scheme) => !more[directive]?.includes(scheme));
				const told = blockedBy(`${directive} *`).filter((one) => !one.endsWith(" inline:"));
				expect([directive, ...inOrder(told)]).toEqual([directive, ...inOrder(blocked.map((scheme) => `${directive} ${scheme}`))]);
			}
			const byDefault = blockedBy("default-src *");
			for (const directive of STARS) for (const scheme of SCHEMES) expect(byDefault).toContain(`${directive} ${scheme}`);

			const { port } = new URL(other);
			expect(blockedBy(`connect-src *:${port}`).includes("connect-src http:")).toBe(facts.ignoresStarWithPort.includes(engine));
			expect(blockedBy(`connect-src ws://127.0.0.1:${port}`).includes("connect-src http:")).toBe(!facts.letsWsMatchHttp.includes(engine));

			const asked: readonly string[] = Reflect.get(facts.samplesAskedByFallback, engine) ?? ASKING;
			const sampled = ASKING.filter((directive) => told.some(([policy, , , isSampled]) => policy === `${directive} 'none' 'report-sample'` && isSampled));
			expect(sampled).toEqual(ASKING.filter((directive) => asked.includes(directive)));
			// All of them tell of inline code.
			for (const directive of ASKING) expect(blockedBy(`${directive} 'none' 'report-sample'`).some((one) => one.endsWith("-elem inline:"))).toBe(true);
		},
	],
];

function inOrder(words: readonly string[]): readonly string[] {
	return [...new Set(words)].sort();
}

async function toldIn(window: Window): Promise<{ readonly told: Told; readonly other: string }> {
	const site = await serve((app, { elsewhere }) => {
		app.get("/", (_req, res) => {
			const { port, host } = new URL(elsewhere);
			const policies = ["default-src *", ...STARS.map((name) => `${name} *`), ...ASKING.map((name) => `${name} 'none' 'report-sample'`)];
			res.setHeader(NAMES.contentSecurityPolicyReportOnly, [...policies, `connect-src *:${port}`, `connect-src ws://${host}`]);
			res.send(PAGE.replace("OTHER", elsewhere));
		});
	});
	await window.open(`${site.origin}/`);
	const isDone = `document.documentElement.dataset.done && told.some(([policy, directive]) => policy === "default-src *" && directive === "media-src")`;
	await until(window, isDone, "JSON.stringify(told)");
	return { told: JSON.parse(await window.read<string>("JSON.stringify(told)")) as Told, other: site.elsewhere };
}
