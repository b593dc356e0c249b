import type { AddressInfo } from "node:net";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { DocumentBuilder, SwaggerModule } from "@nestjs/swagger";
import { protectServer } from "headguard";
import { swaggerUi } from "headguard/vendors";
import { AppModule } from "./app.module.js";
import { ErrorPageFilter } from "./error-page.filter.js";
import { headers } from "./headers.js";

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.use(headers);
// Socket.IO answers its own paths before Nest.
protectServer(app.getHttpServer(), headers);
app.enableCors({ origin: "https://partner.example" });
app.setBaseViewsDir("views");
app.setViewEngine("hbs");
app.useGlobalFilters(new ErrorPageFilter());

// Before the setup of the page, whose styles need a policy of their own.
app.use("/docs", headers.replace(swaggerUi));
SwaggerModule.setup("docs", app, SwaggerModule.createDocument(app, new DocumentBuilder().setTitle("Pages").build()));

await app.listen(process.env.PORT ?? 3000);
console.log(`http://localhost:${(app.getHttpServer().address() as AddressInfo).port}`);
