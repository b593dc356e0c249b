export const meta = () => [{ title: "Second" }];

export function loader() {
	return { text: "Loaded" };
}

export default function Second({ loaderData }) {
	return (
		<>
			<h1>Second page</h1>
			<p>{loaderData.text}</p>
		</>
	);
}
