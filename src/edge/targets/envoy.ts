import type { EdgeHeader } from "../plan.ts";
import { banner, type Target } from "../target.ts";

function envoyLines(headers: readonly EdgeHeader[], indent: string): string {
	return headers
		.map(
			({ name, value }) =>
				`${indent}- append_action: OVERWRITE_IF_EXISTS_OR_ADD\n${indent}  header: { key: ${JSON.stringify(name.toLowerCase())}, value: ${JSON.stringify(value.replaceAll("%", "%%"))} }\n`,
		)
		.join("");
}

export const envoy: Target = {
	name: "envoy",
	modes: ["override"],
	isExperimental: true,
	howTo: "Merge route_config and local_reply_config into the HTTP connection manager.",
	files: ({ headers, remove }) => [
		{
			path: "headguard-envoy.yaml",
			text: `${banner("#", "local_reply_config covers responses that Envoy generates.")}route_config:
  response_headers_to_remove: [${remove.map((name) => JSON.stringify(name.toLowerCase())).join(", ")}]
  response_headers_to_add:
${envoyLines(headers, "    ")}local_reply_config:
  mappers:
    - filter:
        status_code_filter:
          comparison: { op: GE, value: { default_value: 400, runtime_key: headguard_local_reply_min } }
      headers_to_add:
${envoyLines(headers, "        ")}`,
		},
	],
};
