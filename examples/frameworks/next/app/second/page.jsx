import { connection } from "next/server";
import { InlineScript } from "../inline-script";

export default async function Second() {
	await connection();
	return (
		<>
			<h1>Second page</h1>
			<InlineScript id="second-script">{`document.documentElement.dataset.second = "ran"`}</InlineScript>
		</>
	);
}
