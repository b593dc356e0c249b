/** The methods that pino, winston, bunyan and the console share. */
export interface HeadguardLogger {
	/** Logs what was repaired or is worth knowing. */
	warn(...args: unknown[]): void;
	/** Logs what could not be kept. */
	error(...args: unknown[]): void;
}

/** The console receives a line of text and the data. Other loggers, such as pino, receive the data and a message. */
export function logArguments(logger: HeadguardLogger, text: string, data: object): readonly unknown[] {
	return logger === console ? [text, data] : [data, text];
}
