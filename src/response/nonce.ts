import { randomFillSync } from "node:crypto";

const NONCE_BYTES = 16;
const POOL_BYTES = 4096;

/** Random bytes for the next nonces; one system call fills many. Each byte is used once and then overwritten. */
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let used = POOL_BYTES;

/**
 * A nonce: 16 bytes of the system's CSPRNG as 22 base64url characters, which need no escaping in an
 * attribute. CSP3 §7.1 asks for 128 bits, fresh for each response.
 */
export function createNonce(): string {
	if (used === POOL_BYTES) {
		randomFillSync(pool);
		used = 0;
	}
	const end = used + NONCE_BYTES;
	const nonce = pool.toString("base64url", used, end);
	pool.fill(0, used, end);
	used = end;
	return nonce;
}

/** The last nonce that an application made itself. */
let lastOwn = "";

/**
 * A nonce that the application made itself, where it can be that of a response: 128 bits of base64, base64url or
 * hexadecimal digits, and not those of the response before. Undefined for anything else.
 */
export function acceptNonce(value: unknown): string | undefined {
	if (typeof value !== "string" || value === lastOwn || !/^[\w+/-]{22,}={0,2}$/.test(value)) return undefined;
	lastOwn = value;
	return value;
}
