import { Controller, Get, Header, Module, Redirect, Res } from "@nestjs/common";
import type { FastifyReply } from "fastify";
import { getNonce } from "headguard";

@Controller()
class PagesController {
	@Get()
	@Header("Content-Type", "text/html; charset=utf-8")
	home(@Res({ passthrough: true }) reply: FastifyReply): string {
		return `<!doctype html>
<html lang="en">
<title>Nest on Fastify</title>
<h1>It runs</h1>
<button id="count">0</button>
<a id="second" href="/second">Second page</a>
<script nonce="${getNonce(reply.raw)}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
</script>`;
	}

	@Get("second")
	@Header("Content-Type", "text/html; charset=utf-8")
	second(): string {
		return `<!doctype html><html lang="en"><title>Second</title><h1>Second page</h1>`;
	}

	@Get("error")
	fail(): never {
		throw new Error("It failed");
	}

	@Get("old")
	@Redirect("/")
	old(): void {}

	@Get("api")
	data(): object {
		return { hello: "world" };
	}
}

@Module({ controllers: [PagesController] })
export class AppModule {}
