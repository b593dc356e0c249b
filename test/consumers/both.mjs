import { createServer } from "node:http";
import { createRequire } from "node:module";
import { connect } from "node:net";
import * as esm from "headguard";

const cjs = createRequire(import.meta.url)("headguard");

let foreignError = false;
try {
	cjs.secureHeaders({ hsts: true });
} catch (error) {
	foreignError = error instanceof esm.PolicyError && esm.PolicyError !== cjs.PolicyError;
}

const inEsm = esm.secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: [cjs.csp.self, cjs.csp.nonce] } } });
const inCjs = cjs.secureHeaders();
const server = createServer((req, res) => {
	inEsm(req, res);
	inCjs(req, res);
	res.end(`${esm.getNonce(res)} ${cjs.getNonce(res)}`);
}).listen(0, async () => {
	const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
	const [a, b] = (await response.text()).split(" ");
	const policy = response.headers.get("content-security-policy");
	esm.protectServer(server, inEsm);
	cjs.protectServer(server, inCjs);
	const broken = await new Promise((resolve) => {
		let text = "";
		const socket = connect(server.address().port, "127.0.0.1").on("data", (chunk) => (text += chunk));
		socket.on("close", () => resolve(text.startsWith("HTTP/1.1 400 ") && text.includes("X-Frame-Options: DENY"))).setTimeout(2000, () => socket.destroy());
		socket.write("nonsense\r\n\r\n");
	});
	console.log(
		JSON.stringify({ broken, foreignError, sameNonce: a === b, keyword: policy.includes(`'nonce-${a}'`), once: policy.split("script-src ").length - 1 }),
	);
	server.close();
});
