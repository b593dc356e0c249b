import { banner, type Target } from "../target.ts";

export const gatewayApi: Target = {
	name: "gateway-api",
	modes: ["override"],
	isExperimental: true,
	limits: [
		{ what: "count", most: 16, remedy: "Leave some of them to the application.", isFatal: true },
		{ what: "value", most: 4096, remedy: "Use hashes or 'strict-dynamic' instead of long lists.", isFatal: true },
	],
	howTo: "Merge the filter into each rule of the HTTPRoute. Whether the headers are on responses that the gateway generates depends on the implementation.",
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
