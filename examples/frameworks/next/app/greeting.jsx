"use client";
import { useActionState } from "react";
import { greet } from "./greet";

export function Greeting() {
	const [greeting, action] = useActionState(greet, "");
	return (
		<form action={action}>
			<input name="name" />
			<button type="submit" id="greet">
				Greet
			</button>
			<output>{greeting}</output>
		</form>
	);
}
