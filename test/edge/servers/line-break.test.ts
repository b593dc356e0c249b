import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lintEdge } from "../../../src/edge/lint/index.ts";
import { askRaw } from "../../support/edge-servers.ts";
import { startShape } from "../../support/shape-servers.ts";
import type { Shape } from "../lint/shapes/shape.ts";

let app: Server;
let ports = { APP: 0, BARE: 0, DEAD: 0, FCGI: 0 };

beforeAll(async () => {
	app = createServer((_req, res) => void res.end("app"));
	await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
	ports = { ...ports, APP: (app.address() as AddressInfo).port };
});
afterAll(() => {
	app.closeAllConnections();
	app.close();
});

/** The status and the lines of a response over HTTP/2; undefined when the client refuses it. */
function overHttp2(port: number): Promise<string | undefined> {
	const args = ["-s", "-o", "/dev/null", "-D", "-", "--http2-prior-knowledge", "-H", "Host: app.example", `http://127.0.0.1:${port}/`];
	return new Promise((resolve) => execFile("curl", args, (error, stdout) => resolve(error === null ? stdout : undefined)));
}

const SPLIT = "default-src 'self';\n\tobject-src 'none'";
const CONFIGS: Readonly<Record<Shape["server"], (value: string) => string>> = {
	nginx: (value) => `server {\n\tlisten 127.0.0.1:LISTEN http2;\n\tadd_header Content-Security-Policy "${value}" always;\n\tlocation / { return 200; }\n}\n`,
	apache: (value) => `Protocols h2c http/1.1\nHeader always set Content-Security-Policy "${value}"\nProxyPass / http://127.0.0.1:APP/\n`,
	caddy: (value) => `http://app.example:LISTEN {\n\theader Content-Security-Policy "${value}"\n\trespond ok\n}\n`,
	haproxy: (value) =>
		`frontend web\n\tbind 127.0.0.1:LISTEN proto h2\n\thttp-after-response set-header Content-Security-Policy "${value}"\n\tdefault_backend app\nbackend app\n\tserver a 127.0.0.1:APP\n`,
	varnish: (value) =>
		`vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "APP"; }\nsub vcl_recv { return (pass); }\nsub vcl_deliver { set resp.http.Content-Security-Policy = {"${value}"}; }\nsub vcl_synth { set resp.http.Content-Security-Policy = {"${value}"}; }\n`,
};

const ESCAPED = "default-src 'self';\\n object-src 'none'";
const PLAIN = "default-src 'self'; object-src 'none'";

interface Seen {
	/** The status over HTTP/1.1, and the values of the header. */
	readonly http1: readonly [status: number, values: readonly string[]];
	/** Over HTTP/2, whether the client accepts the response, and whether it has the header. */
	readonly http2: "header" | "no header" | "refused";
}

async function seen(server: Shape["server"], value: string): Promise<Seen> {
	const text = CONFIGS[server](value);
	const first = await startShape({ server, text: text.replace(" http2;", ";").replace(" proto h2", "") }, ports);
	try {
		const { status, fields } = await askRaw(first.port, "/");
		const values = fields.filter(([name]) => name.toLowerCase() === "content-security-policy").map(([, one]) => one);
		await first.stop();
		const second = await startShape({ server, text }, ports);
		const answer = await overHttp2(second.port).finally(() => second.stop());
		return { http1: [status, values], http2: answer === undefined ? "refused" : /^content-security-policy:/im.test(answer) ? "header" : "no header" };
	} finally {
		await first.stop();
	}
}

const foundIn = (server: Shape["server"], value: string): readonly string[] =>
	lintEdge(server, CONFIGS[server](value), "file", () => undefined).map(({ id }) => id);

describe("a line break in a value", () => {
	test.each<[Shape["server"], string, Seen["http1"], Seen["http2"]]>([
		["nginx", SPLIT, [200, [SPLIT]], "refused"],
		["nginx", ESCAPED, [200, ["default-src 'self';\n object-src 'none'"]], "refused"],
		["apache", ESCAPED, [500, []], "refused"],
		["caddy", SPLIT, [200, ["default-src 'self'; \tobject-src 'none'"]], "no header"],
		["haproxy", ESCAPED, [200, ["default-src 'self';\n object-src 'none'"]], "refused"],
	])("%s, %j: breaks the response, and the check says so", async (server, value, http1, http2) => {
		expect(await seen(server, value)).toEqual({ http1, http2 });
		expect(foundIn(server, value)).toContain("edge/line-break");
	});

	test.each<[Shape["server"], string, string]>([
		["nginx", PLAIN, PLAIN],
		["apache", PLAIN, PLAIN],
		["caddy", PLAIN, PLAIN],
		["caddy", ESCAPED, ESCAPED],
		["haproxy", PLAIN, PLAIN],
	])("%s, %j: is sent as it is, and the check is content", async (server, value, sent) => {
		expect(await seen(server, value)).toEqual({ http1: [200, [sent]], http2: "header" });
		expect(foundIn(server, value)).not.toContain("edge/line-break");
	});

	// The client of this test does not get HTTP/2 from Varnish.
	test.each<[string, number]>([
		[SPLIT, 500],
		[PLAIN, 200],
		[ESCAPED, 200],
	])("varnish, %j", async (value, status) => {
		const server = await startShape({ server: "varnish", text: CONFIGS.varnish(value) }, ports);
		try {
			expect((await askRaw(server.port, "/")).status).toBe(status);
			expect(foundIn("varnish", value).includes("edge/line-break")).toBe(status === 500);
		} finally {
			await server.stop();
		}
	});
});
