import type { AddressInfo } from "node:net";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { protectServer } from "headguard";
import { AppModule } from "./app.module.js";
import { headers } from "./headers.js";

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
app.use(headers);
// Fastify answers preflights and addresses that it cannot decode before middleware runs.
protectServer(app.getHttpServer(), headers);
app.enableCors({ origin: "https://partner.example" });

await app.listen(process.env.PORT ?? 3000);
console.log(`http://localhost:${(app.getHttpServer().address() as AddressInfo).port}`);
