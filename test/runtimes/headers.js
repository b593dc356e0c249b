/** Compiled before the runtimes start: see `runtimes` in .ci/run. */
export const options = {};
