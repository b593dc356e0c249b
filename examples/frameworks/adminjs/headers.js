import { csp, secureHeaders } from "headguard";

export const headers = secureHeaders({});

/** For the pages of AdminJS alone. */
export const forAdmin = headers.replace({
	contentSecurityPolicy: {
		directives: {
			defaultSrc: [csp.self],
			baseUri: [csp.self],
			formAction: [csp.self],
			frameAncestors: [csp.none],
			objectSrc: [csp.none],
			// Each page has inline scripts with data of its own.
			scriptSrc: [csp.self, csp.unsafeInline],
			styleSrc: [csp.self, csp.unsafeInline, "https://fonts.googleapis.com"],
			fontSrc: ["https://fonts.gstatic.com"],
		},
	},
});
