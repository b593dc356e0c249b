export function loader() {
	throw new Error("It failed");
}

export default function Failing() {
	return <h1>Never seen</h1>;
}
