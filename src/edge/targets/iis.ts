import type { Target } from "../target.ts";

export const iis: Target = {
	name: "iis",
	modes: ["override"],
	isExperimental: true,
	howTo:
		"Merge the file into web.config. IIS cannot remove the headers of a proxied application without outbound rewrite rules, so let only one of the two send them.",
	files({ headers, remove }) {
		const xml = (value: string): string => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
		const gone = [...headers.map(({ name }) => name), ...remove].map((name) => `        <remove name="${xml(name)}" />\n`).join("");
		const sets = headers.map(({ name, value }) => `        <add name="${xml(name)}" value="${xml(value)}" />\n`).join("");
		return [
			{
				path: "web.config",
				text: `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <system.webServer>
    <httpProtocol>
      <customHeaders>
${gone}${sets}      </customHeaders>
    </httpProtocol>
  </system.webServer>
</configuration>
`,
			},
		];
	},
};
