export const data = () => ({ text: "From the server" });
