import { existsSync, readFileSync } from "node:fs";
import { csp, secureHeaders } from "headguard";

const isDev = process.env.NODE_ENV === "development";
const hashes = existsSync("hashes.json") ? JSON.parse(readFileSync("hashes.json", "utf8")) : {};

export const headers = secureHeaders({
	contentSecurityPolicy: {
		directives: {
			// Vue's :style becomes an attribute.
			styleSrcAttr: [csp.unsafeInline],
			...(isDev ? { styleSrc: [csp.self, csp.unsafeInline] } : {}),
		},
	},
}).extend({ contentSecurityPolicy: { directives: isDev ? {} : hashes } });
