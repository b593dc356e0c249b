import { Suspense } from "react";
import { Await, Form, Link } from "react-router";

export const meta = () => [{ title: "React Router" }];

export function loader() {
	return { late: new Promise((resolve) => setTimeout(resolve, 300, "It came later")) };
}

export async function action({ request }) {
	return { name: (await request.formData()).get("name") };
}

export default function Home({ loaderData, actionData }) {
	return (
		<>
			<h1>It runs</h1>
			<img src="/logo.svg" alt="" width="40" height="40" />
			<Suspense fallback={<p>Loading</p>}>
				<Await resolve={loaderData.late}>{(text) => <p id="late">{text}</p>}</Await>
			</Suspense>
			<Form method="post" action="/?index">
				<input name="name" aria-label="Name" />
				<button type="submit">Send</button>
			</Form>
			{actionData && <p id="answer">Hello {actionData.name}</p>}
			<Link id="second" to="/second">
				Second page
			</Link>
		</>
	);
}
