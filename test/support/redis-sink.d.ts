declare module "*/csp-reports-redis/sink.js" {
	import type { createClient } from "redis";

	type Client = ReturnType<typeof createClient>;
	// Not from "headguard/reports": the types are checked while that is built.
	type Reports = typeof import("../../src/reports/index.ts");
	type ReportSink = ReturnType<Reports["fileStore"]>;
	type ReportBatch = Parameters<ReportSink>[0];
	export function redisSink(client: Client): ReportSink;
	export function readRedis(client: Client, day: string): Promise<ReportBatch>;
}
