import Link from "next/link";
import { Counter } from "../counter";

export default function Static() {
	return (
		<>
			<h1>Static page</h1>
			<Counter />
			<Link id="second" href="/second">
				Second page
			</Link>
		</>
	);
}
