export const reportingExamples = {
	"report/endpoint-undefined": {
		why: "A browser finds no URL for the name and sends no report. You never learn what was blocked.",
		bad: "Content-Security-Policy: default-src 'self'; report-uri /csp; report-to csp",
		good: "Content-Security-Policy: default-src 'self'; report-uri /csp; report-to csp\nReporting-Endpoints: csp=\"https://r.example/csp\"",
		write: 'secureHeaders({ reportingEndpoints: { csp: "https://r.example/csp" }, contentSecurityPolicy: { directives: { reportTo: "csp" } } })',
		link: "https://www.w3.org/TR/reporting-1/#header",
	},
	"report/endpoints-invalid": {
		why: "A browser reads the whole header or nothing. Without it no report is sent, and no one notices.",
		bad: "Reporting-Endpoints: csp=https://r.example/csp",
		good: 'Reporting-Endpoints: csp="https://r.example/csp"',
		write: 'secureHeaders({ reportingEndpoints: { csp: "https://r.example/csp" } })',
		link: "https://www.w3.org/TR/reporting-1/#header",
	},
	"report/endpoint-unused": {
		why: "The definition has no effect: the browser sends no report there.",
		bad: 'Reporting-Endpoints: csp="https://r.example/csp"\nCross-Origin-Opener-Policy: same-origin',
		good: 'Reporting-Endpoints: csp="https://r.example/csp"\nCross-Origin-Opener-Policy: same-origin; report-to="csp"',
		write: 'secureHeaders({ reportingEndpoints: { csp: "https://r.example/csp" }, contentSecurityPolicy: { directives: { reportTo: "csp" } } })',
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Reporting-Endpoints",
	},
	"report/endpoint-insecure": {
		why: "A browser does not send reports over plain http. Reports also contain URLs that others must not see.",
		bad: "Content-Security-Policy: default-src 'self'; report-uri http://r.example/csp",
		good: "Content-Security-Policy: default-src 'self'; report-uri https://r.example/csp",
		write: 'secureHeaders({ contentSecurityPolicy: { directives: { reportUri: ["https://r.example/csp"] } } })',
		link: "https://www.w3.org/TR/reporting-1/#header",
	},
	"report/report-to-only": {
		why: "Violations in older browsers are not reported.",
		bad: "Content-Security-Policy: default-src 'self'; report-to csp\nReporting-Endpoints: csp=\"https://r.example/csp\"",
		good: "Content-Security-Policy: default-src 'self'; report-to csp; report-uri https://r.example/csp\nReporting-Endpoints: csp=\"https://r.example/csp\"",
		write:
			'secureHeaders({ reportingEndpoints: { csp: "https://r.example/csp" }, contentSecurityPolicy: { directives: { reportTo: "csp", reportUri: ["https://r.example/csp"] } } })',
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/report-uri",
	},
	"report/none": {
		why: "The policy blocks nothing, and you do not learn what it would block: only the console of each visitor does.",
		bad: "Content-Security-Policy: default-src 'self'\nContent-Security-Policy-Report-Only: default-src 'none'",
		good: "Content-Security-Policy: default-src 'self'\nContent-Security-Policy-Report-Only: default-src 'none'; report-uri /csp",
		write: 'secureHeaders({ contentSecurityPolicyReportOnly: { directives: { reportUri: ["/csp"] } } })',
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/report-uri",
	},
	"report/legacy-report-to": {
		why: "Chromium still reads Report-To for network errors only. Documents report to the endpoints of Reporting-Endpoints.",
		bad: 'Report-To: {"group":"csp","max_age":86400,"endpoints":[{"url":"https://r.example/csp"}]}',
		good: 'Reporting-Endpoints: default="https://r.example/csp"',
		write: 'secureHeaders({ reportingEndpoints: { default: "https://r.example/csp" } })',
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Report-To",
	},
	"report/unreachable": {
		why: "The browser sends each report once. A refused report is lost.",
		bad: "[report 404, POST /csp]",
		good: "[report 204, POST /csp]",
		write: 'app.post("/csp", collectReports({ onReport: console.log }));',
		link: "https://www.w3.org/TR/CSP3/#report-violation",
	},
} as const;
