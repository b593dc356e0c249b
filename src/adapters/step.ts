import type { Request, Response } from "../core/request.ts";
import type { Mounted } from "../mount.ts";

/**
 * Runs middleware for a framework whose middleware returns promises. Undefined if it is done, as it is where no function of a policy must be
 * awaited.
 *
 * @throws what a function of the policy failed with.
 */
export function runNow(headers: Mounted, req: Request, res: Response): Promise<void> | undefined {
	let isDone = false;
	let failure: unknown;
	let settle: (() => void) | undefined;
	headers(req, res, (error) => {
		isDone = true;
		failure = error;
		settle?.();
	});
	if (isDone) {
		if (failure !== undefined) throw failure;
		return undefined;
	}
	return new Promise((resolve, reject) => {
		settle = () => (failure === undefined ? resolve() : reject(failure));
	});
}
