import { Server } from "node:net";

/** Node's own method while ours replaces it. */
let native: Server["listen"] | undefined;

/**
 * Lets no server listen from now on: a module that is loaded for its policy may start its application, whose port may be taken. The application is not
 * told, so what it does once it listens is not done.
 */
export function holdListening(): void {
	if (native !== undefined) return;
	native = Server.prototype.listen;
	Server.prototype.listen = function listen(this: Server): Server {
		return this;
	};
}

export function releaseListening(): void {
	if (native !== undefined) Server.prototype.listen = native;
	native = undefined;
}
