"use server";

export async function greet(_previous, data) {
	return `Hello ${data.get("name")}`;
}
