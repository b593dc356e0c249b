export const framingExamples = {
	"frame/unprotected": {
		why: "Another site lays an invisible frame with your page under the pointer and makes visitors click in it (clickjacking).",
		bad: "X-Content-Type-Options: nosniff",
		good: "X-Content-Type-Options: nosniff\nX-Frame-Options: DENY",
		write: "secureHeaders()",
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/frame-ancestors",
	},
	"frame/conflict": {
		why: "Browsers that know frame-ancestors ignore X-Frame-Options, so the page may be framed in some and not in others.",
		bad: "X-Frame-Options: SAMEORIGIN\nContent-Security-Policy: frame-ancestors 'none'",
		good: "X-Frame-Options: DENY\nContent-Security-Policy: frame-ancestors 'none'",
		write: "secureHeaders({ contentSecurityPolicy: { directives: { frameAncestors: [csp.none] } } })",
		link: "https://www.w3.org/TR/CSP3/#directive-frame-ancestors",
	},
	"xfo/multiple": {
		why: "Some browsers block every frame, others ignore the header and allow all of them.",
		bad: "X-Frame-Options: DENY\nX-Frame-Options: SAMEORIGIN",
		good: "X-Frame-Options: DENY",
		write: 'secureHeaders({ xFrameOptions: "DENY" })',
		link: "https://html.spec.whatwg.org/multipage/speculative-loading.html#the-x-frame-options-header",
	},
	"xfo/allow-from": {
		why: "Browsers ignore the value, so every site may frame the page.",
		bad: "X-Frame-Options: ALLOW-FROM https://partner.example\nContent-Security-Policy: frame-ancestors https://partner.example",
		good: "Content-Security-Policy: frame-ancestors https://partner.example",
		write: 'secureHeaders({ contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } } })',
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Frame-Options",
	},
	"xfo/invalid": {
		why: "Browsers ignore a value that they do not know, so every site may frame the page.",
		bad: "X-Frame-Options: ALLOWALL\nContent-Security-Policy: frame-ancestors 'none'",
		good: "X-Frame-Options: DENY\nContent-Security-Policy: frame-ancestors 'none'",
		write: 'secureHeaders({ xFrameOptions: "DENY" })',
		link: "https://html.spec.whatwg.org/multipage/speculative-loading.html#the-x-frame-options-header",
	},
} as const;
