import { secureHeaders } from "headguard";

// Vike sends a policy of its own, with script-src alone. This one is sent instead.
export const headers = secureHeaders({ lock: ["contentSecurityPolicy"] });
