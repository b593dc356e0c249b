import { randomUUID } from "node:crypto";
import react from "@vitejs/plugin-react";

export default {
	plugins: [react()],
	// Vite writes this slot wherever a nonce belongs. It is new in each build, and no browser sees it.
	html: { cspNonce: randomUUID() },
};
