export const connectionsExamples = {
	"connection-allowlist/invalid": {
		why: "Browsers that cannot read the header allow no connection at all, and an entry that matches nothing allows nothing.",
		bad: "Connection-Allowlist: response-origin",
		good: 'Connection-Allowlist: (response-origin "https://api.example/*")',
		write: 'secureHeaders({ connectionAllowlist: { allow: ["response-origin", "https://api.example/*"] } })',
		link: "https://w3c.github.io/connection-allowlists/#http-headerdef-connection-allowlist",
	},
	"connection-allowlist/open": {
		why: "A script that wants to send data away takes the way that is open.",
		bad: "Connection-Allowlist: (response-origin);redirects=allow",
		good: "Connection-Allowlist: (response-origin)",
		write: 'secureHeaders({ connectionAllowlist: { allow: ["response-origin"] } })',
		link: "https://w3c.github.io/connection-allowlists/#http-headerdef-connection-allowlist",
	},
} as const;
