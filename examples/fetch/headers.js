// npx headguard compile ./headers.js --out headers.compiled.js
import { csp, secureHeaders } from "headguard";

export const headers = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [csp.self, "https://img.example"] } } });
