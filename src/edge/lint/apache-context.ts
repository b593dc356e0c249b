import type { Directive } from "./types.ts";

/** Apache has a table of headers for successful responses and one for all responses, and sends both. */
export type Table = "always" | "onsuccess";

/** One `Header` line. */
export interface Header {
	readonly table: Table;
	readonly action: string;
	readonly name: string;
	/** As Apache reads it twice; undefined when it is an expression, or there is none. */
	readonly value: string | undefined;
	/** The line applies only then. */
	readonly condition: string | undefined;
	readonly file: string;
	readonly line: number;
}

/** The lines that apply together, in their order, and the tables where a copy of the application can be. */
export interface Context {
	readonly headers: readonly Header[];
	readonly upstreams: readonly Table[];
}

export const SETS: readonly string[] = ["set", "add", "append", "merge", "setifempty"];

/** Containers that do not limit what is in them to some requests. */
const TRANSPARENT = ["<ifmodule", "<ifdefine", "<ifversion"];
/** Containers for files. Apache does not look for a file when a path is passed on. */
const FOR_FILES = ["<directory", "<directorymatch", "<files", "<filesmatch"];

/** More containers than people write are not compared with each way to the application. */
const MOST_COVERING = 100;

/** Each server with each of its containers: what applies to its requests. */
export function* contextsOf(tree: readonly Directive[]): Generator<Context> {
	const main = flat(tree);
	const hosts = main.filter(isHost);
	const shared = main.filter((one) => !isHost(one));
	if (hosts.length === 0) yield* contextsOfServer(shared);
	for (const { block = [] } of hosts) yield* contextsOfServer([...shared, ...flat(block)]);
}

const isHost = ({ name }: Directive): boolean => name === "<virtualhost";

/** Includes that could not be read. */
export function unreadIn(tree: readonly Directive[]): readonly Directive[] {
	return tree.flatMap((one) => (one.block === undefined ? (one.name === "include" ? [one] : []) : unreadIn(one.block)));
}

/** The directives without the containers that do not limit them. */
function flat(tree: readonly Directive[]): readonly Directive[] {
	return tree.flatMap((one) => {
		if (one.block === undefined || !TRANSPARENT.includes(one.name)) return [one];
		const isForOthers = one.name === "<ifmodule" && one.args[0]?.startsWith("!") === true;
		return isForOthers ? [] : flat(one.block);
	});
}

function* contextsOfServer(server: readonly Directive[]): Generator<Context> {
	const everywhere = server.filter(isEverywhere).flatMap(({ block = [] }) => flat(block));
	const rest = server.filter((one) => !isEverywhere(one));
	const headers = headersIn([...rest, ...everywhere]);
	const containers = [...rest, ...everywhere].filter(({ block }) => block !== undefined);
	const passed = [...rest.flatMap((one) => passesOf(one, false)), ...everywhere.flatMap((one) => passesOf(one, true))];
	const asFiles = containers.filter(({ name }) => FOR_FILES.includes(name)).flatMap(({ block = [] }) => flat(block).flatMap((one) => passesOf(one, true)));
	const covering = containers.filter(({ block = [] }) => headersIn(flat(block)).length > 0).slice(0, MOST_COVERING);
	const uncovered = passed.filter((pass) => !covering.some((container) => covers(container, pass)));
	yield { headers, upstreams: tablesOf([...uncovered, ...asFiles]) };
	for (const container of containers) yield* contextsOfContainer(container, headers, passed, asFiles);
}

/** Whether each request that takes a way to the application is also one of the container. */
function covers({ name, args: [place = ""] }: Directive, { path }: Pass): boolean {
	return name === "<proxy" || name === "<proxymatch" || (name === "<location" && path?.startsWith(place) === true);
}

/** Lines in `<Location />` apply to each request, after those of the server. */
function isEverywhere({ name, args: [place] }: Directive): boolean {
	return name === "<location" && place === "/";
}

function* contextsOfContainer(container: Directive, outer: readonly Header[], passed: readonly Pass[], asFiles: readonly Pass[]): Generator<Context> {
	const inner = flat(container.block ?? []);
	const own = headersIn(inner);
	const passes = inner.flatMap((one) => passesOf(one, true));
	const around = FOR_FILES.includes(container.name) ? asFiles : passed.filter((pass) => reaches(pass, container));
	const isExcluded = around.some(({ table }) => table === undefined);
	const ways = [...passes, ...(isExcluded ? [] : around)];
	const nested = inner.filter(({ block }) => block !== undefined);
	if (own.length === 0 && passes.length === 0 && nested.length === 0) return;
	const headers = [...outer, ...own];
	yield { headers, upstreams: tablesOf(ways) };
	for (const one of nested) yield* contextsOfContainer(one, headers, ways, asFiles);
}

/** A way to the application. */
interface Pass {
	/** The path that it begins with; undefined when it is for each path of the container that it is in. */
	readonly path: string | undefined;
	/** Where Apache puts the headers of the application; undefined when the path is not passed on. */
	readonly table: Table | undefined;
}

function tablesOf(passes: readonly Pass[]): readonly Table[] {
	return [...new Set(passes.flatMap(({ table }) => table ?? []))];
}

/** The ways to the application that a directive opens or closes. @param isInside it is in a container, where `ProxyPass` has no path. */
function passesOf({ name, args }: Directive, isInside: boolean): readonly Pass[] {
	const [first = "", second = "", third = ""] = args;
	if (name === "proxypass" || name === "proxypassmatch") {
		const hasPath = !isInside || /^[\^/]/.test(first);
		const [path, target] = hasPath ? [first, second] : [undefined, first];
		if (target === "!") return [{ path: literalPath(path), table: undefined }];
		return targetOf(target, literalPath(path));
	}
	if (name === "rewriterule" && isPassed(third)) return targetOf(second, isInside ? undefined : literalPath(first));
	return name === "sethandler" && /^proxy:/i.test(first) ? targetOf(first.slice(6), undefined) : [];
}

/** Whether the flags of a rule, such as `[P,L]`, pass the request on. */
function isPassed(flags: string): boolean {
	return flags
		.slice(1, -1)
		.split(",")
		.some((flag) => ["p", "proxy"].includes(flag.trim().toLowerCase()));
}

/** Apache puts the headers of FastCGI and SCGI into the table for all responses. WebSockets have no headers of a policy. */
function targetOf(target: string, path: string | undefined): readonly Pass[] {
	if (/^wss?:/i.test(target)) return [];
	return [{ path, table: /(?:^|\|)(?:fcgi|scgi):/i.test(target) ? "always" : "onsuccess" }];
}

/** A path, or the beginning of an expression that is a path. */
function literalPath(path: string | undefined): string | undefined {
	if (path?.startsWith("^") !== true) return path;
	const literal = /^\^(?:\/\?)?([\w/-]*)/.exec(path)?.[1] ?? "";
	return literal.startsWith("/") ? literal : `/${literal}`;
}

/** Whether requests of a container can take a way to the application. */
function reaches({ path, table }: Pass, { name, args }: Directive): boolean {
	const [place = "/"] = args;
	if (name === "<proxy" || name === "<proxymatch") return true;
	if (name !== "<location" || path === undefined) return path === undefined || path === "/" || name === "<if" || name === "<else" || name === "<elseif";
	return place.startsWith(path) || (table !== undefined && path.startsWith(place));
}

function headersIn(directives: readonly Directive[]): readonly Header[] {
	return directives.flatMap(({ name, args, file, line }) => (name === "header" ? headerOf(args, file, line) : []));
}

function headerOf(args: readonly string[], file: string, line: number): readonly Header[] {
	const [first = ""] = args;
	const hasTable = /^(?:always|onsuccess)$/i.test(first);
	const [action = "", name = "", ...others] = hasTable ? args.slice(1) : args;
	const rest = SETS.includes(action.toLowerCase()) ? others.slice(1) : others;
	// Such a line runs before the response exists.
	if (rest.some((word) => /^early$/i.test(word))) return [];
	return [
		{
			table: hasTable && first.toLowerCase() === "always" ? "always" : "onsuccess",
			action: action.toLowerCase(),
			name: name.replace(/:$/, ""),
			value: SETS.includes(action.toLowerCase()) && !/^expr=/i.test(others[0] ?? "") ? asFormat(others[0] ?? "") : undefined,
			condition: rest.find((word) => /^(?:expr=|env=)/i.test(word)),
			file,
			line,
		},
	];
}

/** Apache reads a value as a format as well, where a backslash begins a control character. */
function asFormat(value: string): string {
	return value.replace(/\\([\\rnt])/g, (_all, next: string) => ({ r: "\r", n: "\n", t: "\t" })[next] ?? next);
}
