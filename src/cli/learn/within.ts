/** Waits for a promise, but no longer than some milliseconds. A page that hangs answers nothing, and neither does the browser about it. */
export async function within<Value, Otherwise>(milliseconds: number, promise: Promise<Value>, otherwise: Otherwise): Promise<Value | Otherwise> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<Otherwise>((resolve) => {
		timer = setTimeout(() => resolve(otherwise), Math.max(0, milliseconds));
	});
	try {
		return await Promise.race([promise.catch(() => otherwise), late]);
	} finally {
		clearTimeout(timer);
	}
}

/** How long the browser may take for anything but a page load. */
export const STEP = 5_000;
