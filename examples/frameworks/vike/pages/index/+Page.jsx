import { useData } from "vike-react/useData";

export default function Page() {
	const { text } = useData();
	return (
		<>
			<h1>It runs</h1>
			<img src="/logo.svg" alt="" width="40" height="40" />
			<p>{text}</p>
			<a id="second" href="/second">
				Second page
			</a>
		</>
	);
}
