/** A source file is about one thing. Past 300 lines, it is about two. Data tables can be longer. */
import { readdirSync, readFileSync } from "node:fs";

const LIMIT = 300;
const DATA = new Set(["headers/permissions-policy/features.ts", "headers/permissions-policy/feature-options.ts"]);

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts") && !DATA.has(name));
const long = files.filter((name) => readFileSync(`src/${name}`, "utf8").split("\n").length > LIMIT + 1);
for (const name of long) console.error(`src/${name} has more than ${LIMIT} lines. Split it.`);
process.exitCode = long.length > 0 ? 1 : 0;
