import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emit } from "../../../src/edge/index.ts";
import { STATIC, STATIC_TEXTS } from "../../support/static-policy.ts";

/** The server of Firebase's local tool, as far as this test uses it. */
type Superstatic = (options: object) => (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** A folder in which it is installed: not a dependency of the project, because it brings native code. */
const home = process.env["SUPERSTATIC"];

test.skipIf(home === undefined)("firebase, served: pages and what is not there (with SUPERSTATIC, the folder of its package)", async () => {
	const { default: superstatic }: { default: Superstatic } = createRequire(join(home ?? "", "package.json"))(home ?? "");
	const folder = mkdtempSync(join(tmpdir(), "headguard-emit-"));
	writeFileSync(join(folder, "index.html"), "<p>hello");
	const { hosting } = JSON.parse(emit("firebase", STATIC).files[0]?.text ?? "");
	const serve = superstatic({ cwd: folder, config: { ...hosting, public: "." } });
	const server = createServer((req, res) => serve(req, res, () => res.writeHead(404).end())).listen(0);
	try {
		for (const [path, status] of [
			["/", 200],
			["/missing", 404],
		] as const) {
			const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
			expect(response.status).toBe(status);
			for (const [name, value] of STATIC_TEXTS) expect([path, name, response.headers.get(name)]).toEqual([path, name, value]);
		}
	} finally {
		server.close();
		rmSync(folder, { recursive: true });
	}
});
