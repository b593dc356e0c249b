import { secureHeaders } from "headguard";

export const headers = secureHeaders({});
