export default defineEventHandler(() => ({ text: "From useFetch" }));
