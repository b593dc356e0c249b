import { Counter } from "../app/counter";

export default function Second() {
	return (
		<>
			<h1>Second page</h1>
			<Counter />
		</>
	);
}
