declare module "superstatic" {
	import type { IncomingMessage, ServerResponse } from "node:http";
	/** The server of Firebase's local tool, as far as the tests use it. */
	export default function superstatic(options: object): (req: IncomingMessage, res: ServerResponse, next: () => void) => void;
}
