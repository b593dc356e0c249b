/** The header lines are written down here once, so that each runtime is held to the same text. */
export const CSP =
	"default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; script-src 'self'; style-src 'self'";
/** A framework's own policy on its error pages, `default-src 'none'`, with what that leaves open. */
export const COMPLETED = "default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
/** What a page without a nonce carries. */
export const FULL = {
	"Content-Security-Policy": CSP,
	"Strict-Transport-Security": "max-age=31536000; includeSubDomains",
	"X-Content-Type-Options": "nosniff",
	"X-Frame-Options": "DENY",
	"Referrer-Policy": "strict-origin-when-cross-origin",
	"Permissions-Policy":
		"accelerometer=(), camera=(), captured-surface-control=(), compute-pressure=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), keyboard-map=(), local-fonts=(), local-network-access=(), magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), screen-wake-lock=(), serial=(), usb=(), window-management=(), xr-spatial-tracking=()",
	"Cross-Origin-Opener-Policy": "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Origin-Agent-Cluster": "?1",
};
