export const data = () => {
	throw new Error("It failed");
};
