/** The text of a file, as the build and the tests import it. */
declare module "*?raw" {
	const text: string;
	export default text;
}
