import { describe, expect, test } from "vitest";
import { lintEdge } from "../../../src/edge/lint/index.ts";
import { HEADER_FACTS } from "../../../src/headers/facts.ts";

const found = (server: "nginx" | "apache" | "caddy" | "haproxy", text: string, wanted?: ReadonlyMap<string, string>): readonly string[] =>
	lintEdge(server, text, "file", () => undefined, wanted).map(({ id, line }) => `${id} ${line}`);

describe.each(HEADER_FACTS.map(({ name }) => name))("%s", (name) => {
	const wanted = new Map([[name.toLowerCase(), "wanted"]]);

	test("nginx: without always, lost in a block, twice, removed, and different from the policy", () => {
		const proxy = (lines: string): string => `server {\n${lines}\nlocation / { proxy_pass http://a; } }`;
		expect(found("nginx", proxy(`proxy_hide_header ${name}; add_header ${name} x;`))).toEqual(["edge/nginx-no-always 2"]);
		expect(found("nginx", `server {\nadd_header ${name} x always;\nlocation / { add_header X-Own 1 always; } }`)).toEqual(["edge/nginx-inheritance 3"]);
		expect(found("nginx", proxy(`add_header ${name.toUpperCase()} x always;`))).toEqual(["edge/nginx-no-hide 3"]);
		expect(found("nginx", proxy(`proxy_hide_header ${name};`))).toEqual(["edge/nginx-hidden 3"]);
		const good = proxy(`proxy_hide_header ${name}; add_header ${name} wanted always;`);
		expect([found("nginx", good, wanted), found("nginx", good.replace("wanted", "other"), wanted)]).toEqual([[], ["edge/config-drift 2"]]);
	});

	test("Apache, Caddy and HAProxy", () => {
		expect(found("apache", `Header set ${name} x`)).toEqual(["edge/apache-tables 1"]);
		expect(found("caddy", `header {\n${name} "x"\n-Server\n}`)).toEqual(["edge/caddy-deferred 3"]);
		expect(found("haproxy", `http-response set-header ${name} 'x'`)).toEqual(["edge/haproxy-response 1"]);
		expect(found("haproxy", `http-after-response set-header ${name} 'other'`, wanted)).toEqual(["edge/config-drift 1"]);
	});
});

test.each(["X-Own", "Content-Security-Policies", "Report", "__proto__"])("%s is not checked", (name) => {
	expect(found("nginx", `server { add_header ${name} x; location / { proxy_pass http://a; } }`)).toEqual([]);
});
