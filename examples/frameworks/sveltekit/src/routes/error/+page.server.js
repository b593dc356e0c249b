export function load() {
	throw new Error("It failed");
}
