/** The address of something on the web; undefined for anything else. */
export function webAddress(text: string): URL | undefined {
	return /^https?:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

/** This machine, as the host of an address names it. */
export function isLoopback(hostname: string): boolean {
	return /^(?:localhost|127(?:\.\d+){1,3}|\[::1\])$/i.test(hostname);
}

/** The name of a host as addresses have it; undefined for what is none, or more than that. */
export function hostName(value: unknown): string | undefined {
	const address = typeof value === "string" && !value.includes("*") && URL.canParse(`https://${value}`) ? new URL(`https://${value}`) : undefined;
	return address !== undefined && address.href === `https://${address.hostname}/` ? address.hostname : undefined;
}
