export { type NonceHeaderMiddleware, nonceHeader } from "./nonce-header.ts";
export { withNonce } from "./with-nonce.ts";
