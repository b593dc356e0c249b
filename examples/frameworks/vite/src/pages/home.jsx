import { useState } from "react";

export default function Home({ go }) {
	const [answer, setAnswer] = useState("");
	return (
		<>
			<h1>It runs</h1>
			<img src="/logo.svg" alt="" width="40" height="40" />
			<form action={(form) => setAnswer(`Hello ${form.get("name")}`)}>
				<input name="name" aria-label="Name" />
				<button type="submit">Send</button>
			</form>
			<p>{answer}</p>
			<a
				id="second"
				href="/second"
				onClick={(event) => {
					event.preventDefault();
					history.pushState(null, "", "/second");
					go("/second");
				}}
			>
				Second page
			</a>
		</>
	);
}
