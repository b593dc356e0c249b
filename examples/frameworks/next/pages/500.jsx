export default function Failed() {
	return <h1>It failed</h1>;
}
