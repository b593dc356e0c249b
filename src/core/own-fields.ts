/** A copy without prototype: a field that is absent is not found on a polluted Object.prototype. */
export function ownFields<Value extends object>(value: Value): Value {
	return Object.assign(Object.create(null), value);
}
