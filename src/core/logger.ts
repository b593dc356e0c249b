/** What pino, winston, bunyan and the console have in common. */
export interface HeadguardLogger {
	/** Takes what was repaired, or is worth knowing. */
	warn(...args: unknown[]): void;
	/** Takes what could not be kept. */
	error(...args: unknown[]): void;
}

/** The console gets a line of text and the data, pino and its kin the data and a message. */
export function logArguments(logger: HeadguardLogger, text: string, data: object): readonly unknown[] {
	return logger === console ? [text, data] : [data, text];
}
