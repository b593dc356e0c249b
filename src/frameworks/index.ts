export { type NonceHeaderMiddleware, nonceHeader } from "./nonce-header.ts";
