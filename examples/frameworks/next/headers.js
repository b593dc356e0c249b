import { readFileSync } from "node:fs";
import { csp, secureHeaders } from "headguard";

const isDevelopment = process.env.NODE_ENV === "development";

// The style attribute of next/image.
const production = { styleSrcAttr: [csp.unsafeHashes, csp.hash("sha256", "color:transparent")] };
// React makes stack traces with eval, and the error overlay has styles without a nonce.
const development = { scriptSrc: [csp.self, csp.nonce, csp.unsafeEval], styleSrc: [csp.self, csp.unsafeInline] };

// The inline scripts of static pages. `npm run build` writes the file.
const hashes = isDevelopment ? {} : JSON.parse(readFileSync("hashes.json", "utf8"));

export const headers = secureHeaders({
	contentSecurityPolicy: { directives: isDevelopment ? development : production },
}).extend({ contentSecurityPolicy: { directives: hashes } });
