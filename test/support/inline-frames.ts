import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { until, type Window } from "./engines.ts";
import type { InlineCode, InlineKind } from "./inline-code.ts";

/** What stands in every frame: a piece of inline code of each kind, and of each that takes a nonce one with it. */
const NONCE = "abc";
export const PIECES = {
	script: { kind: "script", text: mark("script") },
	"script with the nonce": { kind: "script", text: mark("nonced"), nonce: NONCE },
	handler: { kind: "handler", text: mark("handler") },
	"javascript: URL": { kind: "javascript-url", text: `javascript:void(${mark("url")})` },
	style: { kind: "style", text: "#style{order:7}" },
	"style with the nonce": { kind: "style", text: "#nonced{order:7}", nonce: NONCE },
	"style attribute": { kind: "style-attribute", text: "order:7" },
} as const satisfies Record<string, InlineCode & { readonly kind: InlineKind }>;

export type Piece = keyof typeof PIECES;

/** The pieces that ran under each policy, each in a frame of its own under a header of that text. */
export async function ranUnder(window: Window, policies: readonly string[]): Promise<readonly (readonly Piece[])[]> {
	const server = createServer((request, response) => {
		const [, kind, index] = (request.url ?? "").split("/");
		const policy = kind === "frame" ? policies[Number(index)] : undefined;
		if (policy !== undefined) response.setHeader("Content-Security-Policy", policy);
		response.setHeader("Content-Type", "text/html; charset=utf-8").end(kind === "frame" ? FRAME : outerPage(policies.length));
	}).listen(0);
	try {
		await window.open(`http://localhost:${(server.address() as AddressInfo).port}/`);
		await until(window, "document.title === 'done'", "document.title");
		return JSON.parse(await window.read<string>("document.body.textContent"));
	} finally {
		server.closeAllConnections();
		server.close();
	}
}

function mark(name: string): string {
	return `document.documentElement.dataset.${name}=1`;
}

const FRAME = `<!doctype html>
<style>${PIECES.style.text}</style><style nonce="${NONCE}">${PIECES["style with the nonce"].text}</style>
<i id="style"></i><i id="nonced"></i><i id="attribute" style="${PIECES["style attribute"].text}"></i>
<button onclick="${PIECES.handler.text}"></button><a href="${PIECES["javascript: URL"].text}">a</a>
<script>${PIECES.script.text}</script><script nonce="${NONCE}">${PIECES["script with the nonce"].text}</script>`;

/**
 * Has no policy. It presses what is to be pressed, and tells what ran. The last frame, which has no policy either, shows when a
 * `javascript:` URL, whose turn comes later, has had its time.
 */
function outerPage(count: number): string {
	return `<!doctype html><body><script>
const frames = Array.from({ length: ${count} + 1 }, (_, index) => {
	const frame = document.createElement("iframe");
	frame.src = "/frame/" + (index === ${count} ? "free" : index);
	return frame;
});
const loaded = frames.map((frame) => new Promise((resolve) => frame.addEventListener("load", resolve, { once: true })));
document.body.append(...frames);
const data = (frame) => frame.contentDocument.documentElement.dataset;
const order = (frame, id) => frame.contentWindow.getComputedStyle(frame.contentDocument.getElementById(id)).order === "7";
const ran = (frame) => [
	["script", data(frame).script],
	["script with the nonce", data(frame).nonced],
	["handler", data(frame).handler],
	["javascript: URL", data(frame).url],
	["style", order(frame, "style")],
	["style with the nonce", order(frame, "nonced")],
	["style attribute", order(frame, "attribute")],
].filter(([, did]) => did).map(([name]) => name);
Promise.all(loaded).then(async () => {
	for (const frame of frames) for (const name of ["button", "a"]) frame.contentDocument.querySelector(name).click();
	const free = frames.pop();
	while (!data(free).url) await new Promise((resolve) => setTimeout(resolve, 10));
	await new Promise((resolve) => setTimeout(resolve, 100));
	document.body.textContent = JSON.stringify(frames.map(ran));
	document.title = "done";
});
</script>`;
}
