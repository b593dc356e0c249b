/** The URL of an http or https address. Undefined for anything else. */
export function webAddress(text: string): URL | undefined {
	return /^https?:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

/** Whether a host name means this machine. */
export function isLoopback(hostname: string): boolean {
	return /^(?:localhost|127(?:\.\d+){1,3}|\[::1\])$/i.test(hostname);
}

/** A host name as URLs contain it. Undefined for anything else, such as a host with a port. */
export function hostName(value: unknown): string | undefined {
	const address = typeof value === "string" && !value.includes("*") && URL.canParse(`https://${value}`) ? new URL(`https://${value}`) : undefined;
	return address !== undefined && address.href === `https://${address.hostname}/` ? address.hostname : undefined;
}
