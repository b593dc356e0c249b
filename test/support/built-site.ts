import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Once for all files: builds the site. KEEP_SITE=1 takes the one that is there. */
export function setup(): void {
	if (!existsSync("dist/index.js")) throw new Error("dist is missing. Run npm run build first.");
	if (process.env["KEEP_SITE"] === "1" && existsSync("site/.vitepress/dist/index.html")) return;
	execFileSync("npm", ["run", "--silent", "site"], { stdio: ["ignore", "ignore", "inherit"] });
}
