import type { HeadguardEvent } from "../../src/index.ts";

/** A listener for tests of something else, whose bodies have no Content-Type: it hears everything but that. */
export function exceptUntyped(listener: (event: HeadguardEvent) => unknown): (event: HeadguardEvent) => void {
	return (event) => {
		if (event.code !== "content-type/missing") listener(event);
	};
}
