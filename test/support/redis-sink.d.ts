declare module "*/csp-reports-redis/sink.js" {
	import type { ReportBatch, ReportSink } from "headguard/reports";
	import type { createClient } from "redis";

	type Client = ReturnType<typeof createClient>;
	export function redisSink(client: Client): ReportSink;
	export function readRedis(client: Client, day: string): Promise<ReportBatch>;
}
