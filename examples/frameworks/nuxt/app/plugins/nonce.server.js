// Every script and style of a page is a tag of its head, also those that Nuxt adds. What a page prints elsewhere has no nonce.
export default defineNuxtPlugin(() => {
	const nonce = useRequestHeader("x-nonce");
	if (!nonce) return;
	injectHead().use({
		key: "nonce",
		hooks: {
			"tags:resolve": ({ tags }) => {
				for (const { tag, props } of tags) if (["script", "style", "link"].includes(tag)) props.nonce = nonce;
			},
		},
	});
});
