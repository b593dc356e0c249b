export const referrerExamples = {
	"referrer/missing": {
		why: "A URL can contain a token, a search or a name. An older browser sends it to every site that the page links to.",
		bad: "X-Content-Type-Options: nosniff",
		good: "X-Content-Type-Options: nosniff\nReferrer-Policy: strict-origin-when-cross-origin",
		write: "secureHeaders()",
		link: "https://w3c.github.io/webappsec-referrer-policy/#default-referrer-policy",
	},
	"referrer/invalid": {
		why: "A browser skips a token that it does not know and uses its default.",
		bad: "Referrer-Policy: strict-origin-when-crossorigin",
		good: "Referrer-Policy: strict-origin-when-cross-origin",
		write: 'secureHeaders({ referrerPolicy: "strict-origin-when-cross-origin" })',
		link: "https://w3c.github.io/webappsec-referrer-policy/#referrer-policy-header",
	},
	"referrer/unsafe": {
		why: "Other sites, or the network, get paths that can contain a token, a search or a name.",
		bad: "Referrer-Policy: unsafe-url",
		good: "Referrer-Policy: strict-origin-when-cross-origin",
		write: 'secureHeaders({ referrerPolicy: "strict-origin-when-cross-origin" })',
		link: "https://w3c.github.io/webappsec-referrer-policy/#referrer-policy-unsafe-url",
	},
} as const;
