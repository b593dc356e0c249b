import express from "express";
import { nonceHeader } from "headguard/frameworks";
import next from "next";
import { headers } from "./headers.js";

const app = next({ dev: process.env.NODE_ENV === "development" });
const answer = app.getRequestHandler();
await app.prepare();

const server = express();
server.use(headers);
server.use(nonceHeader("next"));
server.use((req, res) => answer(req, res));
const listening = server.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${listening.address().port}`));
