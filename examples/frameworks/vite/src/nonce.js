/** Vite has put it there. */
export const nonce = document.querySelector('meta[property="csp-nonce"]')?.nonce;
