import express from "express";
import { nonceHeader } from "headguard/frameworks";
import { listener } from "./.output/server/index.mjs";
import { headers } from "./headers.js";

const app = express();
app.use(headers);
app.use(express.static(".output/public"));
app.use(nonceHeader("x-nonce"));
app.use(listener);
const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
