/** What was pasted is kept in the address, after the #, which browsers send to no server. */

export interface Kept {
	readonly text: string;
	/** The version of helmet that the reader chose. */
	readonly major: number | undefined;
}

/** Above this, the address would be too long for some programs. */
const LONGEST = 16_000;

export function remember({ text, major }: Kept): void {
	const version = major === undefined ? "" : `&helmet=${major}`;
	const kept = text === "" || text.length > LONGEST ? "" : `#try=${encodeURIComponent(text)}${version}`;
	// The state is that of the site's own router.
	history.replaceState(history.state, "", `${location.pathname}${location.search}${kept}`);
}

export function remembered(): Kept | undefined {
	const [, text, major] = /^#try=([^&]*)(?:&helmet=([3-8]))?/.exec(location.hash) ?? [];
	if (text === undefined) return undefined;
	try {
		return { text: decodeURIComponent(text), major: major === undefined ? undefined : Number(major) };
	} catch {
		return undefined;
	}
}
