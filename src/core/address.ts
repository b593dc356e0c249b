/** This machine, as the host of an address names it. */
export function isLoopback(hostname: string): boolean {
	return /^(?:localhost|127(?:\.\d+){1,3}|\[::1\])$/i.test(hostname);
}
