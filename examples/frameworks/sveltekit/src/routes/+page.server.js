export function load() {
	return { slow: new Promise((resolve) => setTimeout(resolve, 300, "A streamed promise")) };
}

export const actions = { default: () => ({ answer: "The form was sent" }) };
