import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import express from "express";
import helmet from "helmet";
import { exchangeFrom } from "../../src/audit/from-policy.ts";
import type { Domain, Exchange, Expected, Fields, Probe } from "../../src/audit/types.ts";
import { deploymentOf, mountedPolicy } from "../../src/cli/deployment.ts";
import { lintEdge } from "../../src/edge/lint/index.ts";
import { nonceHeader } from "../../src/frameworks/index.ts";
import { httpsRedirect } from "../../src/https.ts";
import { csp, protectServer, secureHeaders } from "../../src/index.ts";
import { compiledFrom, type PolicySource } from "../../src/policy/compile.ts";

/* Reads the examples of the rules: what a reader sees in the documentation is what the rules judge here. */

interface Section {
	/** What stands between the brackets, in its parts. */
	readonly head: readonly string[];
	readonly lines: readonly string[];
}

const HTML = ["Content-Type", "text/html; charset=utf-8"] as const;
const SERVERS = { "nginx.conf": "nginx", "apache.conf": "apache", Caddyfile: "caddy", "haproxy.cfg": "haproxy", "default.vcl": "varnish" } as const;

/** The responses that an example shows. */
export function exchangesOf(example: string): readonly Exchange[] {
	const sections = sectionsOf(example);
	const [name = ""] = sections[0]?.head ?? [];
	if (name === "app.js") return [applicationOf(sections)];
	if (Object.hasOwn(SERVERS, name)) return filesOf(sections);
	const exchanges: Exchange[] = [];
	for (const section of sections) {
		const last = exchanges.at(-1);
		const one = exchangeOf(section, last);
		if (/^the /.test(section.head[0] ?? "")) exchanges.pop();
		exchanges.push(one);
	}
	return exchanges;
}

function sectionsOf(example: string): readonly Section[] {
	const sections: { head: readonly string[]; lines: string[] }[] = [];
	for (const line of example.split("\n")) {
		const head = /^\[([A-Za-z][^\]]*)\]$/.exec(line)?.[1];
		if (head !== undefined) sections.push({ head: head.split(", "), lines: [] });
		else if (sections.length === 0) sections.push({ head: ["page"], lines: [line] });
		else sections.at(-1)?.lines.push(line);
	}
	return sections;
}

function exchangeOf({ head, lines }: Section, before: Exchange | undefined): Exchange {
	const [name = "", ...details] = head;
	const end = lines.indexOf("");
	const fields = (end === -1 ? lines : lines.slice(0, end)).map(fieldOf);
	if (name === "the policy" && before !== undefined) return { ...before, expected: fields.map(([header, text]): Expected => ({ name: header, text })) };
	const own = /^the application itself(?: (\d+))?$/.exec(name);
	if (own !== null && before !== undefined) return { ...before, direct: { ...before, status: Number(own[1] ?? before.status), fields } };
	const [probe = "page", status = "200"] = name.split(" ");
	const isDomain = probe === "domain";
	const isDocument = ["page", "again"].includes(probe) && !fields.some(([header]) => header === "Content-Type") && !details.includes("no Content-Type");
	const path = details.find((detail) => detail.startsWith("/")) ?? "/";
	const secure = !details.includes("http");
	return {
		probe: (isDomain ? "preload" : probe) as Probe,
		method: details.map((detail) => /^(?:OPTIONS|POST|TRACE)\b/.exec(detail)?.[0]).find((method) => method !== undefined) ?? "GET",
		url: `${secure ? "https" : "http"}://a.example${path}`,
		status: isDomain ? 200 : Number(status),
		fields: isDocument ? [HTML, ...fields] : isDomain ? fields.filter(([header]) => header === "Strict-Transport-Security") : fields,
		body: end === -1 ? "" : lines.slice(end + 1).join("\n"),
		secure,
		sent: details.map((detail) => /^(?:Origin (.+)|(X-Forwarded-Host))$/.exec(detail)).flatMap((match) => match?.[1] ?? match?.[2] ?? [])[0],
		unanswered: details.flatMap((detail) => (/^no response to (.+)$/.exec(detail)?.[1] ?? []) as Probe[]),
		domain: isDomain ? domainOf(status, details, new Map(fields)) : undefined,
	};
}

/** `×3` repeats the word before it. */
function fieldOf(line: string): Fields[number] {
	const [, name = "", value = ""] = /^([\w -]+):\s*(.*)$/.exec(line) ?? [];
	if (name === "") throw new Error(`${JSON.stringify(line)} is not a header line`);
	return [name, value.replace(/(\S+) ×(\d+)/g, (_all, word: string, count: string) => Array(Number(count)).fill(word).join(" "))];
}

function domainOf(host: string, details: readonly string[], facts: ReadonlyMap<string, string>): Domain {
	return {
		host,
		registrable: details.flatMap((detail) => /^of (.+)$/.exec(detail)?.[1] ?? [])[0],
		tls: facts.has("TLS") ? [`TLS ${facts.get("TLS")}.`] : [],
		weakCipher: facts.get("Cipher"),
		www: facts.has("TLS of www") ? `TLS of www ${facts.get("TLS of www")}.` : undefined,
		hasHttp: facts.get("Port 80") !== "closed",
		wants: details.includes("removal") ? "removal" : "listing",
	};
}

function filesOf(sections: readonly Section[]): readonly Exchange[] {
	const wanted = sections.find(({ head }) => head[0] === "the policy")?.lines.map(fieldOf);
	const policy = wanted === undefined ? undefined : new Map(wanted.map(([name, value]) => [name.toLowerCase(), value]));
	const sent = sections.some(({ head }) => head.includes("of the edge")) ? new Set<string>() : undefined;
	return sections.flatMap(({ head: [file = ""], lines }) => {
		if (!Object.hasOwn(SERVERS, file)) return [];
		const lints = lintEdge(SERVERS[file as keyof typeof SERVERS], lines.join("\n"), file, () => undefined, policy, sent);
		return lints.map(
			({ id, line, message }): Exchange => ({
				probe: "edge-file",
				method: "",
				url: `${file}:${line}`,
				status: 0,
				fields: [],
				body: "",
				secure: false,
				lint: { id, message },
			}),
		);
	});
}

/** Runs the code of an application, and looks at it as `check --deploy` does. */
function applicationOf(sections: readonly Section[]): Exchange {
	const folder = mkdtempSync(join(tmpdir(), "headguard-example-"));
	try {
		for (const { head, lines } of sections) {
			const file = join(folder, head[0] ?? "");
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, lines.join("\n"));
		}
		const code = sections[0]?.lines.join("\n") ?? "";
		const app = express();
		const respond: express.RequestHandler = (_req, res) => void res.end();
		const names = {
			app,
			headers: secureHeaders(),
			secureHeaders,
			protectServer,
			httpsRedirect,
			helmet,
			csp,
			nonceHeader,
			http,
			status: respond,
			page: respond,
		};
		const body = code.replace('"views", "views"', `"views", ${JSON.stringify(join(folder, "views"))}`);
		const server: unknown = new Function(...Object.keys(names), `${body}\nreturn typeof server === "undefined" ? undefined : server;`)(...Object.values(names));
		const compiled = compiledFrom(mountedPolicy(app as never) as PolicySource);
		const [, env = "production"] = /NODE_ENV=(\w+)/.exec(code) ?? [];
		return exchangeFrom(compiled, "app.js", deploymentOf(compiled, app as never, server, env, folder));
	} finally {
		rmSync(folder, { recursive: true });
	}
}
