export const data = () => ({ text: "Loaded" });
