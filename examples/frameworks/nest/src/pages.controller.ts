import { type CanActivate, Controller, Get, type MessageEvent, Redirect, Render, Sse, UseGuards } from "@nestjs/common";
import { map, type Observable, timer } from "rxjs";

/** Lets no request in. */
class ClosedGuard implements CanActivate {
	canActivate(): boolean {
		return false;
	}
}

@Controller()
export class PagesController {
	@Get()
	@Render("home")
	home(): object {
		return { title: "Nest" };
	}

	@Get("second")
	@Render("second")
	second(): object {
		return {};
	}

	@Get("error")
	fail(): never {
		throw new Error("It failed");
	}

	@Get("closed")
	@UseGuards(ClosedGuard)
	closed(): string {
		return "unreached";
	}

	@Get("old")
	@Redirect("/")
	old(): void {}

	@Get("api")
	data(): object {
		return { hello: "world" };
	}

	@Sse("events")
	events(): Observable<MessageEvent> {
		return timer(0, 1000).pipe(map((count) => ({ data: { count } })));
	}
}
