export const duplicatesExamples = {
	"dup/different": {
		why: "Which value counts depends on the header and the browser. For some headers both are ignored.",
		bad: "Referrer-Policy: no-referrer\nReferrer-Policy: strict-origin",
		good: "Referrer-Policy: no-referrer",
		write: 'secureHeaders({ owner: { referrerPolicy: "edge" } })',
		link: "https://www.rfc-editor.org/rfc/rfc9110#section-5.3",
	},
	"dup/identical": {
		why: "The application and the proxy both write the header. A change in one of them makes the values differ.",
		bad: "X-Frame-Options: DENY\nX-Frame-Options: DENY",
		good: "X-Frame-Options: DENY",
		write: 'secureHeaders({ owner: { xFrameOptions: "edge" } })',
		link: "https://www.rfc-editor.org/rfc/rfc9110#section-5.3",
	},
	"dup/origin": {
		why: "Two values of one header do not say who wrote which. The audit asks the application itself, and compares.",
		bad: "X-Frame-Options: DENY\nX-Frame-Options: SAMEORIGIN\n[the application itself]\nX-Frame-Options: DENY",
		good: "X-Frame-Options: DENY\nX-Frame-Options: SAMEORIGIN\n[the application itself]\nX-Content-Type-Options: nosniff",
		write: 'secureHeaders({ owner: { xFrameOptions: "edge" } })',
		link: "https://www.rfc-editor.org/rfc/rfc9110#section-5.3",
	},
} as const;
