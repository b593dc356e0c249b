import { mergeApplicationConfig } from "@angular/core";
import { provideServerRendering, RenderMode, type ServerRoute, withRoutes } from "@angular/ssr";
import { config } from "./config";

const serverRoutes: ServerRoute[] = [
	{ path: "built", renderMode: RenderMode.Prerender },
	{ path: "client", renderMode: RenderMode.Client },
	{ path: "missing", renderMode: RenderMode.Server, status: 404 },
	{ path: "**", renderMode: RenderMode.Server },
];

export const serverConfig = mergeApplicationConfig(config, { providers: [provideServerRendering(withRoutes(serverRoutes))] });
