import { createRequire } from "node:module";
import helmet, * as module from "headguard/helmet";

const required = createRequire(import.meta.url)("headguard/helmet");
const set = [];
const res = { headersSent: false, getHeader: () => undefined, setHeader: (name) => set.push(name), removeHeader() {} };
helmet()({ headers: {} }, res, () => {});
console.log(JSON.stringify({ names: Object.keys(module).length, set: set.length, sameNames: Object.keys(required).every((name) => name in module) }));
