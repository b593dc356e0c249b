// Not in development, where the page would have a hash that the header does not know.
export const prerender = import.meta.env.PROD;
