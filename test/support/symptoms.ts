/** What people search for when something is broken, and the section that tells why. */
export const SYMPTOMS: readonly (readonly [query: string, address: string])[] = [
	["Next behind Express", "/frameworks/next.html#next"],
	["allow Stripe on one page", "/vendors.html#stripe"],
	["move from helmet 5", "/moving-from-helmet.html#moving-from-helmet"],
];
