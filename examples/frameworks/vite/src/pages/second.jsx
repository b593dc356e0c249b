import "./second.css";

export default function Second() {
	return (
		<>
			<h1>Second page</h1>
			<p>A style that came later</p>
		</>
	);
}
