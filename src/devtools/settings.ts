/** The checked options of `devtools()`. */
export interface DevtoolsSettings {
	readonly path: string;
	readonly inject: boolean;
	readonly views: readonly string[] | undefined;
	readonly terminal: boolean;
}
