import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from "@nestjs/common";
import type { Response } from "express";

@Catch()
export class ErrorPageFilter implements ExceptionFilter {
	catch(error: unknown, host: ArgumentsHost): void {
		const status = error instanceof HttpException ? error.getStatus() : 500;
		host.switchToHttp().getResponse<Response>().status(status).render("error", { status });
	}
}
