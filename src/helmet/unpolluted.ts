/**
 * Options as they are, unless something was put on `Object.prototype`, where every object would seem to have it: then
 * their own fields alone. Options may inherit from anything else, as with helmet.
 */
export function unpolluted<Options>(options: Options): Options {
	for (const _ in Object.prototype) return typeof options === "object" && options !== null ? Object.assign(Object.create(null), options) : options;
	return options;
}
