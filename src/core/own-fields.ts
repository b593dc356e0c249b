import { isObject } from "./text.ts";

/** A copy without a prototype, so that a polluted Object.prototype cannot add fields. */
export function ownFields<Value extends object>(value: Value): Value {
	return Object.assign(Object.create(null), value);
}

/** The same for plain data, with all that it holds. */
export function ownData<Value>(value: Value): Value {
	if (Array.isArray(value)) return value.map(ownData) as Value;
	if (!isObject(value)) return value;
	const copy = Object.create(null);
	for (const [name, field] of Object.entries(value)) copy[name] = ownData(field);
	return copy;
}
