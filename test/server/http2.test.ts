import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server, createSecureServer, type ServerHttp2Stream, sensitiveHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, test } from "vitest";
import { protectServer, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { randomOf } from "../soak/programs.js";
import { CERTIFICATE } from "../support/certificate.ts";
import { headersOf } from "../support/policy.ts";

const SET = Object.fromEntries(Object.entries(headersOf({}, { secure: false })).map(([name, text]) => [name, text.replaceAll(" 'nonce-NONCE'", "")]));

describe("HTTP/2", () => {
	const serve = () =>
		createHttp2Server((_req, res) => void res.end("x")).on("stream", (stream, headers) => {
			if (headers[":path"] === "/raw") stream.respond({ ":status": 200 }, { endStream: true });
			if (headers[":path"] === "/own") stream.respond({ ":status": 200, "X-Frame-Options": "SAMEORIGIN", "x-powered-by": "me" }, { endStream: true });
			if (headers[":path"] === "/file") stream.respondWithFile(import.meta.filename, { ":status": 200 });
		});
	const pathless = Object.fromEntries(Object.entries(SET).map(([name, text]) => [name.toLowerCase(), text]));

	async function ask(server: ReturnType<typeof createHttp2Server>, headers: Record<string, string>) {
		const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
		const pushed: Record<string, unknown>[] = [];
		client.on("stream", (stream) => stream.on("push", (fields) => pushed.push(fields)).resume());
		const stream = client.request({ ":authority": "app.example", ...headers });
		const [fields] = (await once(stream, "response")) as [Record<string, unknown>];
		stream.resume().end();
		await once(stream, "close");
		// Closing waits for the streams that are still open, pushed ones too.
		client.close();
		await once(client, "close");
		return { fields, pushed };
	}

	test.each<[string, Record<string, string>, number]>([
		["an unknown Expect", { ":path": "/", expect: "nonsense" }, 417],
		["a CONNECT that nobody takes", { ":method": "CONNECT" }, 405],
		["stream.respond", { ":path": "/raw" }, 200],
		["stream.respondWithFile", { ":path": "/file" }, 200],
		["the compatibility API", { ":path": "/" }, 200],
	])("%s", async (_title, request, status) => {
		const server = protectServer(serveOne(request[":path"] ?? ""), secureHeaders()).listen(0, "127.0.0.1");
		await once(server, "listening");
		const { fields } = await ask(server, request);
		expect(fields[":status"]).toBe(status);
		expect(Object.fromEntries(Object.keys(pathless).map((name) => [name, fields[name]]))).toEqual(pathless);
		server.close();
	});

	test("an app that answers streams itself answers CONNECT and unknown Expect itself, policy and all", async () => {
		for (const when of ["first", "last"]) {
			const server = createHttp2Server();
			const headers = secureHeaders();
			if (when === "first") protectServer(server, headers);
			server.on("stream", (stream) => stream.respond({ ":status": 200 }, { endStream: true }));
			if (when === "last") protectServer(server, headers);
			server.listen(0, "127.0.0.1");
			await once(server, "listening");
			const requests: Record<string, string>[] = [{ ":method": "CONNECT" }, { ":path": "/", expect: "nonsense" }, { ":path": "/" }];
			for (const request of requests) {
				const { fields } = await ask(server, request);
				expect([fields[":status"], fields["x-frame-options"]]).toEqual([200, "DENY"]);
			}
			server.close();
		}
	});

	test("a compatibility handler that answers through its stream", async () => {
		const headers = secureHeaders({ referrerPolicy: "no-referrer" });
		const server = createHttp2Server((req, res) => {
			headers(req, res);
			res.stream.respond({ ":status": 200 }, { endStream: true });
		});
		protectServer(server, secureHeaders()).listen(0, "127.0.0.1");
		await once(server, "listening");
		const { fields } = await ask(server, { ":path": "/" });
		expect([fields["x-frame-options"], fields["referrer-policy"]]).toEqual(["DENY", "no-referrer"]);
		server.close();
	});

	test("what a stream sets on purpose stays", async () => {
		const server = protectServer(serveOne("/own"), secureHeaders()).listen(0, "127.0.0.1");
		await once(server, "listening");
		const { fields } = await ask(server, { ":path": "/own" });
		expect(fields["x-frame-options"]).toBe("SAMEORIGIN");
		expect(fields["x-powered-by"]).toBeUndefined();
		server.close();
	});

	describe("whatever stream.respond is given", () => {
		/** The lines of the answer, as they were on the wire. */
		async function linesOf(respond: (stream: ServerHttp2Stream) => void, options: SecureHeadersOptions = {}): Promise<readonly string[]> {
			const server = protectServer(createHttp2Server(), secureHeaders(options));
			server.on("stream", (stream) => {
				stream.on("error", () => {});
				try {
					respond(stream);
				} catch (error) {
					stream.respond({ ":status": 500, "x-thrown": String((error as { code?: string }).code) }, { endStream: true });
				}
			});
			server.listen(0, "127.0.0.1");
			await once(server, "listening");
			const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
			const stream = client.request({ ":path": "/", ":authority": "app.example" });
			const [, , raw] = (await once(stream, "response")) as [unknown, number, string[]];
			stream.resume().end();
			await once(stream, "close");
			client.close();
			server.close();
			return raw.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${raw[i + 1]}`] : []));
		}
		const arrays = Number.parseInt(process.versions.node, 10) >= 22;
		const end = { endStream: true };
		const POLICY = Object.entries(pathless).map(([name, text]) => `${name}: ${text}`);
		const policyOf = (lines: readonly string[]) => lines.filter((line) => Object.keys(pathless).includes(line.split(":")[0] ?? ""));

		test.runIf(arrays)("an array carries the policy, and keeps its own lines", async () => {
			for (const given of [[":status", "201", "x-own", "1", "X-Own", "2"], ["x-own", "1", "x-own", "2"], [], [":status", "200"]]) {
				const lines = await linesOf((stream) => stream.respond(given as never, end));
				expect(policyOf(lines).toSorted()).toEqual(POLICY.toSorted());
				expect(lines.filter((line) => line.startsWith("x-own"))).toHaveLength(given.filter((entry) => entry.toLowerCase() === "x-own").length);
			}
		});

		test.runIf(arrays)("an array is sealed by the same rules as an object", async () => {
			const asArray = (stream: ServerHttp2Stream) =>
				stream.respond(
					[":status", "200", "X-Frame-Options", "SAMEORIGIN", "x-content-type-options", "sniff", "x-powered-by", "me", "Referrer-Policy", ""] as never,
					end,
				);
			const lines = await linesOf(asArray);
			expect(
				policyOf(lines)
					.filter((line) => /^(?:x-|ref)/.test(line))
					.toSorted(),
			).toEqual(["referrer-policy: strict-origin-when-cross-origin", "x-content-type-options: nosniff", "x-frame-options: SAMEORIGIN"]);
			expect(lines.join()).not.toContain("x-powered-by");
			const locked = await linesOf(asArray, { lock: ["xFrameOptions"] });
			expect(locked.filter((line) => line.startsWith("x-frame-options"))).toEqual(["x-frame-options: DENY"]);
			const stored = await linesOf((stream) => stream.respond([":status", "304"] as never, end));
			expect(stored.filter((line) => line.startsWith("content-security-policy"))).toEqual([]);
		});

		test.runIf(arrays)("an array without its last value spoils none of the policy, and one with sensitive names keeps them", async () => {
			const lines = await linesOf((stream) => stream.respond([":status", "200", "x-own"] as never, end));
			expect(policyOf(lines)).toEqual(POLICY);
			const sensitive = Object.assign([":status", "200", "x-secret", "1"], { [sensitiveHeaders]: ["x-secret"] });
			expect(await linesOf((stream) => stream.respond(sensitive as never, end))).toContain("x-secret: 1");
		});

		test.runIf(arrays)("random headers come out the same from an array and from an object", async () => {
			const random = randomOf(20_261);
			const one = <Value>(list: readonly Value[]): Value => list[random(list.length)] as Value;
			const names = ["x-own", "content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy", "x-powered-by", "cache-control"];
			const values = ["a", "", "DENY", "SAMEORIGIN", "default-src 'none'", "no-store", "nosniff, nosniff"];
			for (let i = 0; i < 60; i++) {
				const given = new Map(Array.from({ length: random(5) }, () => [one(names), one(values)]));
				const status = one(["200", "304", "404"]);
				const upper = (name: string): string => (random(2) === 0 ? name.toUpperCase() : name);
				const lock = one([[], ["xFrameOptions", "contentSecurityPolicy"]] as const);
				const array = [":status", status, ...[...given].flatMap(([name, value]) => [upper(name), value])];
				const object = { ":status": status, ...Object.fromEntries([...given].map(([name, value]) => [upper(name), value])) };
				const sent = async (headers: unknown) =>
					(await linesOf((stream) => stream.respond(headers as never, end), { lock })).filter((line) => !line.startsWith("date")).toSorted();
				expect(await sent(array), JSON.stringify(array)).toEqual(await sent(object));
			}
		});

		test.skipIf(arrays)("an array is refused as Node refuses it", async () => {
			expect(await linesOf((stream) => stream.respond([":status", "200"] as never, end))).toContain("x-thrown: ERR_INVALID_ARG_TYPE");
		});

		test("one name in two cases is one line of a header of the policy", async () => {
			const lines = await linesOf((stream) =>
				stream.respond(
					{ ":status": 200, "x-frame-options": "DENY", "X-Frame-Options": "ALLOWALL", "X-Content-Type-Options": "a", "x-content-type-options": "b" },
					end,
				),
			);
			expect(lines.filter((line) => /^x-(?:frame|content)/.test(line)).toSorted()).toEqual(["x-content-type-options: nosniff", "x-frame-options: DENY"]);
		});

		test("what statCheck changes is sealed, and a check that answers itself is left alone", async () => {
			const file = import.meta.filename;
			const wipe = (_stats: unknown, headers: Record<string, unknown>): void => {
				for (const name of Object.keys(headers)) if (!name.startsWith(":")) delete headers[name];
				headers["x-own"] = "1";
			};
			const lines = await linesOf((stream) => stream.respondWithFile(file, { ":status": 200 }, { statCheck: wipe as never }));
			expect(policyOf(lines).toSorted()).toEqual(POLICY.toSorted());
			expect(lines).toContain("x-own: 1");
			const own = await linesOf((stream) =>
				stream.respondWithFile(
					file,
					{},
					{
						statCheck() {
							stream.respond({ ":status": 304 }, end);
							return false as never;
						},
					},
				),
			);
			expect(own).toEqual(expect.arrayContaining([":status: 304", "x-frame-options: DENY"]));
		});
	});

	test("what Node refuses is refused as without the guard", async () => {
		const thrown: unknown[] = [];
		const server = protectServer(createHttp2Server(), secureHeaders());
		server.on("stream", (stream) => {
			const calls = [() => stream.pushStream({ ":path": "/p" }, undefined as never), () => stream.respond("abc" as never)];
			for (const call of calls) {
				try {
					call();
				} catch (error) {
					thrown.push((error as { code?: string }).code);
				}
			}
			stream.pushStream(undefined as never, (_error, push) => {
				push?.respond({ ":status": 200 }, { endStream: true });
				if (!stream.headersSent) stream.respond({ ":status": 200 }, { endStream: true });
			});
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const { fields } = await ask(server, { ":path": "/" });
		expect([thrown, fields["x-frame-options"]]).toEqual([["ERR_INVALID_ARG_TYPE", "ERR_INVALID_ARG_TYPE"], "DENY"]);
		server.close();
	});

	test("a pushed response carries the policy too", async () => {
		const server = protectServer(createHttp2Server(), secureHeaders());
		server.on("stream", (stream, headers) => {
			if (headers[":path"] !== "/") return;
			stream.pushStream({ ":path": "/pushed" }, (_error, push) => {
				push.respond({ ":status": 200 }, { endStream: true });
				stream.respond({ ":status": 200 }, { endStream: true });
			});
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const { pushed } = await ask(server, { ":path": "/" });
		expect(pushed.map((fields) => fields["x-frame-options"])).toEqual(["DENY"]);
		server.close();
	});

	test("no common protocol: the 403 carries the policy", async () => {
		const server = protectServer(
			createSecureServer(CERTIFICATE, (_req, res) => void res.end("x")),
			secureHeaders(),
		).listen(0, "127.0.0.1");
		await once(server, "listening");
		const socket = connectTls({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", rejectUnauthorized: false });
		let text = "";
		socket.setEncoding("latin1").on("data", (chunk) => (text += chunk));
		socket.on("error", () => {});
		socket.on("secureConnect", () => socket.write("GET / HTTP/1.1\r\nHost: app.example\r\n\r\n"));
		await once(socket, "close");
		expect(text).toContain(" 403 Forbidden\r\n");
		expect(text).toContain("X-Frame-Options: DENY\r\n");
		server.close();
	});

	/** The raw handler and the compatibility handler cannot both answer one path. */
	function serveOne(path: string) {
		return path === "/" || path === "" ? createHttp2Server((_req, res) => void res.end("x")) : withoutCompat();
	}
	function withoutCompat() {
		const server = createHttp2Server();
		for (const listener of serve().listeners("stream")) if (listener.name !== "bound onServerStream") server.on("stream", listener as never);
		return server;
	}
});
