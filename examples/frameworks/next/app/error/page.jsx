import { connection } from "next/server";

export default async function Failing() {
	await connection();
	throw new Error("It failed");
}
