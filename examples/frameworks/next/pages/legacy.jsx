import Link from "next/link";
import { Counter } from "../app/counter";

export function getServerSideProps({ query }) {
	if (query.fail) throw new Error("It failed");
	return { props: {} };
}

export default function Legacy() {
	return (
		<>
			<h1>Pages Router</h1>
			<Counter />
			<Link id="second" href="/legacy-static">
				Second page
			</Link>
		</>
	);
}
