import Image from "next/image";
import Link from "next/link";
import { connection } from "next/server";
import { Suspense } from "react";
import { Counter } from "./counter";
import { Greeting } from "./greeting";
import { InlineScript } from "./inline-script";

export default async function Page() {
	await connection();
	return (
		<>
			<h1>It runs</h1>
			<Counter />
			<Link id="second" href="/second">
				Second page
			</Link>
			<Image src="/square.png" width="64" height="64" alt="A square" />
			<InlineScript id="first-script">{`document.documentElement.dataset.first = "ran"`}</InlineScript>
			<Greeting />
			<Suspense fallback={<p>Wait</p>}>
				<Slow />
			</Suspense>
		</>
	);
}

async function Slow() {
	await new Promise((resolve) => setTimeout(resolve, 300));
	return <p>It arrived</p>;
}
