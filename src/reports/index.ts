export { type CollectOptions, type CollectStats, collectReports, type ReportCollector } from "./collect.ts";
export { NOISE, type NoiseRule } from "./noise.ts";
export type { ReportRecord } from "./record.ts";
