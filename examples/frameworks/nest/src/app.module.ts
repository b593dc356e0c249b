import { type MiddlewareConsumer, Module, type NestModule } from "@nestjs/common";
import { ServeStaticModule } from "@nestjs/serve-static";
import { ChatGateway } from "./chat.gateway.js";
import { headers } from "./headers.js";
import { PagesController } from "./pages.controller.js";

@Module({
	imports: [ServeStaticModule.forRoot({ rootPath: "public", serveRoot: "/files" })],
	controllers: [PagesController],
	providers: [ChatGateway],
})
export class AppModule implements NestModule {
	configure(consumer: MiddlewareConsumer): void {
		consumer.apply(headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://images.example"] } } })).forRoutes("second");
	}
}
