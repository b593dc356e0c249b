import { createHash } from "node:crypto";

const KEPT_SECONDS = 14 * 86_400;
/** Different reports a day. Someone who forges reports can send any number of them. */
const MOST = 10_000;

/**
 * Counts the reports of many processes in one Redis: a hash of counts for each day, and the report for each key of the hash. It uses one
 * transaction, so that a batch that failed and comes again is not counted twice.
 *
 * @param {import("redis").RedisClientType} client
 * @returns {import("headguard/reports").ReportSink}
 */
export function redisSink(client) {
	return async function countInRedis({ clusters, dropped }) {
		const day = new Date().toISOString().slice(0, 10);
		const listed = clusters.map((cluster) => ({ id: idOf(cluster), cluster }));
		const isFull = (await client.hLen(`csp:${day}`)) >= MOST;
		const known =
			isFull && listed.length > 0
				? await client.hmGet(
						`csp:${day}`,
						listed.map(({ id }) => id),
					)
				: [];
		const transaction = client.multi();
		for (const [i, { id, cluster }] of listed.entries()) {
			if (isFull && known[i] === null) {
				transaction.hIncrBy(`csp:${day}:dropped`, "redis-full", cluster.count);
				continue;
			}
			transaction.hIncrBy(`csp:${day}`, id, cluster.count);
			transaction.set(`csp:what:${id}`, JSON.stringify(cluster), { condition: "NX", expiration: { type: "EX", value: KEPT_SECONDS } });
		}
		for (const [why, count] of dropped) transaction.hIncrBy(`csp:${day}:dropped`, why, count);
		transaction.expire(`csp:${day}`, KEPT_SECONDS).expire(`csp:${day}:dropped`, KEPT_SECONDS);
		await transaction.exec();
	};
}

/**
 * Returns the counts of one day in the form that sinks receive: `fileStore("all.jsonl")(await readRedis(client, "2026-11-23"))`, and then
 * `headguard suggest all.jsonl`.
 *
 * @param {import("redis").RedisClientType} client
 * @returns {Promise<import("headguard/reports").ReportBatch>}
 */
export async function readRedis(client, day) {
	const counts = Object.entries(await client.hGetAll(`csp:${day}`));
	const texts = counts.length === 0 ? [] : await client.mGet(counts.map(([id]) => `csp:what:${id}`));
	const clusters = counts.flatMap(([, count], i) => (texts[i] === null ? [] : [{ ...JSON.parse(texts[i]), count: Number(count) }]));
	const dropped = Object.entries(await client.hGetAll(`csp:${day}:dropped`)).map(([why, count]) => [why, Number(count)]);
	return { clusters, dropped: new Map(dropped) };
}

function idOf({ count: _, first: __, last: ___, ...what }) {
	return createHash("sha256").update(JSON.stringify(what)).digest("base64url").slice(0, 22);
}
