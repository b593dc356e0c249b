import type { Runtime, Session } from "node:inspector";

/**
 * A variable that a function closes over. Frameworks keep there what they do not tell: the application behind a mounted one, or the path of a mount.
 * Undefined if there is no such variable, or if this Node cannot look into functions.
 */
export function closureVariable(closure: unknown, name: string): unknown {
	const session = connected();
	if (session === undefined) return undefined;
	const desk: Desk = { closure, found: undefined };
	Reflect.set(globalThis, DESK, desk);
	try {
		for (const scope of scopesOf(session)) {
			const value = propertiesOf(session, scope).result.find((variable) => variable.name === name)?.value;
			if (value === undefined) continue;
			if (value.objectId === undefined) return value.value;
			call(session, "Runtime.callFunctionOn", { objectId: value.objectId, functionDeclaration: `function () { ${DESK_CODE}.found = this; }` });
			return desk.found;
		}
		return undefined;
	} catch {
		return undefined;
	} finally {
		Reflect.deleteProperty(globalThis, DESK);
		session.disconnect();
	}
}

/** Where this code and the inspector exchange objects. */
interface Desk {
	readonly closure: unknown;
	found: unknown;
}

const DESK = Symbol.for("headguard.desk");
const DESK_CODE = 'globalThis[Symbol.for("headguard.desk")]';

function connected(): Session | undefined {
	try {
		const inspector = process.getBuiltinModule("node:inspector");
		const session = new inspector.Session();
		session.connect();
		return session;
	} catch {
		return undefined;
	}
}

/** The scopes of the function on the desk, the innermost first. */
function scopesOf(session: Session): readonly string[] {
	const { result } = call<Runtime.EvaluateReturnType>(session, "Runtime.evaluate", { expression: `${DESK_CODE}.closure` });
	const list = propertiesOf(session, result.objectId).internalProperties?.find(({ name }) => name === "[[Scopes]]")?.value;
	return propertiesOf(session, list?.objectId).result.flatMap(({ value }) => value?.objectId ?? []);
}

function propertiesOf(session: Session, objectId: string | undefined): Runtime.GetPropertiesReturnType {
	return call(session, "Runtime.getProperties", { objectId, ownProperties: true });
}

/** In the same thread, the inspector answers before `post` returns. */
function call<Answer>(session: Session, method: string, parameters: object): Answer {
	let answer: unknown;
	session.post(method, parameters, (error, result) => {
		if (error === null) answer = result;
	});
	if (answer === undefined) throw new Error(`${method} failed`);
	return answer as Answer;
}
