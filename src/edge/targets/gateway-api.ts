import { banner, type Target } from "../target.ts";

export const gatewayApi: Target = {
	name: "gateway-api",
	modes: ["override"],
	isExperimental: true,
	limits: [
		{ what: "count", most: 16, remedy: "Leave some to the application.", isFatal: true },
		{ what: "value", most: 4096, remedy: "Use hashes or 'strict-dynamic' in place of long lists.", isFatal: true },
	],
	howTo: "Merge the filter into each rule of the HTTPRoute. What the gateway answers by itself depends on its maker.",
	files: ({ headers, remove }) => [
		{
			path: "headguard-httproute.yaml",
			text: `${banner("#")}filters:
  - type: ResponseHeaderModifier
    responseHeaderModifier:
      set:
${headers.map(({ name, value }) => `        - { name: ${JSON.stringify(name)}, value: ${JSON.stringify(value)} }\n`).join("")}      remove: [${remove.map((name) => JSON.stringify(name)).join(", ")}]
`,
		},
	],
};
