import { useData } from "vike-react/useData";

export default function Page() {
	const { text } = useData();
	return (
		<>
			<h1>Second page</h1>
			<p>{text}</p>
		</>
	);
}
