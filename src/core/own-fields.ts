/** A copy without a prototype, so that a polluted Object.prototype cannot add fields. */
export function ownFields<Value extends object>(value: Value): Value {
	return Object.assign(Object.create(null), value);
}
