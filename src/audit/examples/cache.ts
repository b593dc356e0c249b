export const cacheExamples = {
	"cache/sensitive-storable": {
		why: "A cache that applies its own heuristics stores the page of one visitor and shows it to another.",
		bad: "Vary: Cookie",
		good: "Vary: Cookie\nCache-Control: private, no-cache",
		write: 'res.set("Cache-Control", "private, no-cache");',
		link: "https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.7",
	},
	"cache/contradiction": {
		why: "One cache stores the response, another does not.",
		bad: "Cache-Control: public, no-store",
		good: "Cache-Control: no-store",
		write: 'res.set("Cache-Control", "no-store");',
		link: "https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2",
	},
	"cache/error-cacheable": {
		why: "An attacker who provokes one error takes the page away from every visitor of the cache.",
		bad: "[not-found 404]\nCache-Control: public, max-age=86400",
		good: "[not-found 404]\nCache-Control: no-store",
		write: 'res.status(404).set("Cache-Control", "no-store");',
		link: "https://www.rfc-editor.org/rfc/rfc9111#section-3",
	},
	"cache/clear-site-data": {
		why: "Cookies, storage and cached pages stay in a shared browser, and the next person finds them.",
		bad: "[logout 302]\nLocation: /",
		good: '[logout 302]\nLocation: /\nClear-Site-Data: "cache", "cookies", "storage"',
		write: 'app.post("/logout", clearSiteData(), logout);',
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Clear-Site-Data",
	},
	"vary/missing": {
		why: "A cache gives a compressed body to a client that cannot read it.",
		bad: "Content-Type: text/html; charset=utf-8\n[compressed]\nContent-Type: text/html; charset=utf-8\nContent-Encoding: gzip",
		good: "Content-Type: text/html; charset=utf-8\nVary: Accept-Encoding\n[compressed]\nContent-Type: text/html; charset=utf-8\nContent-Encoding: gzip\nVary: Accept-Encoding",
		write: "app.use(compression());",
		link: "https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5",
	},
} as const;
