/**
 * Returns the options as they are. If `Object.prototype` is polluted, so that every object seems to have the added fields, returns a copy with only
 * the own fields. Otherwise options may inherit, as with helmet.
 */
export function unpolluted<Options>(options: Options): Options {
	for (const _ in Object.prototype) return typeof options === "object" && options !== null ? Object.assign(Object.create(null), options) : options;
	return options;
}
