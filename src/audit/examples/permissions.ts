export const permissionsExamples = {
	"permissions/missing": {
		why: "An injected script, or a script of someone else, asks in the name of your site.",
		bad: "X-Content-Type-Options: nosniff",
		good: "X-Content-Type-Options: nosniff\nPermissions-Policy: camera=(), geolocation=(), microphone=()",
		write: "secureHeaders()",
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy",
	},
	"permissions/old-syntax": {
		why: "The header is a structured field. A browser that cannot parse it restricts nothing.",
		bad: "Permissions-Policy: camera 'none'",
		good: "Permissions-Policy: camera=()",
		write: "secureHeaders({ permissionsPolicy: { features: { camera: [] } } })",
		link: "https://w3c.github.io/webappsec-permissions-policy/#permissions-policy-http-header-field",
	},
	"permissions/unparsable": {
		why: "One mistake makes a browser ignore every feature in the header.",
		bad: "Permissions-Policy: camera=(), geolocation=(),",
		good: "Permissions-Policy: camera=()",
		write: "secureHeaders({ permissionsPolicy: { features: { camera: [] } } })",
		link: "https://w3c.github.io/webappsec-permissions-policy/#permissions-policy-http-header-field",
	},
	"permissions/unknown-feature": {
		why: "A browser ignores the member. A misspelt feature stays allowed.",
		bad: "Permissions-Policy: kamera=()",
		good: "Permissions-Policy: camera=()",
		write: "secureHeaders({ permissionsPolicy: { features: { camera: [] } } })",
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy",
	},
	"permissions/duplicate": {
		why: "The last member wins, so the stricter one may have no effect.",
		bad: "Permissions-Policy: camera=(), camera=self",
		good: "Permissions-Policy: camera=()",
		write: "secureHeaders({ permissionsPolicy: { features: { camera: [] } } })",
		link: "https://www.rfc-editor.org/rfc/rfc8941#section-3.2",
	},
	"permissions/sensitive-wildcard": {
		why: "A page in a frame can ask for the camera in the name of your site.",
		bad: "Permissions-Policy: camera=*",
		good: "Permissions-Policy: camera=(self)",
		write: 'secureHeaders({ permissionsPolicy: { features: { camera: "self" } } })',
		link: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/camera",
	},
} as const;
