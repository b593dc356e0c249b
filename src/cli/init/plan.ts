import { relative, sep } from "node:path";
import { UsageError } from "../args.ts";
import { applyEdits } from "../migrate/edits.ts";
import { type Node, parseFile } from "../migrate/syntax.ts";
import type { App } from "./app.ts";
import { BY_HAND, findEntry } from "./entry.ts";
import { type Exports, exportsOf } from "./exported.ts";
import type { Found } from "./graph.ts";
import { type Home, homeOf, specifierFor } from "./home.ts";
import { ownServers, protect, serversElsewhere } from "./listen.ts";
import { type Manifest, withFields } from "./manifest.ts";
import { addMounts } from "./mount.ts";
import { createNeeds, importsOf, type Needs } from "./names.ts";
import { othersWith } from "./others.ts";
import { type Present, presentIn } from "./present.ts";
import { freeName, type Source } from "./source.ts";
import { readPages, vendorNotes, vendorRoutes } from "./vendors.ts";
import type { Change } from "./write.ts";

export interface Settings {
	readonly entry: string | undefined;
	readonly preset: string | undefined;
	readonly hasDevtools: boolean;
	readonly hasScript: boolean;
	readonly version: string;
}

/** What would be written, and what remains to be done by hand. */
export interface Plan {
	readonly changes: readonly Change[];
	readonly notes: readonly string[];
	/** What was found, in a line. */
	readonly found: string;
	/** Whether the package must be installed. */
	readonly isMissing: boolean;
}

/** @throws {UsageError} for a project that this command cannot change. */
export function planFor(root: string, manifest: Manifest, settings: Settings): Plan {
	const found = findEntry(settings.entry, root, manifest);
	const { app, source, files } = found;
	const present = presentIn(source, app.target);
	refuse(found, present, root);
	const notes: string[] = [];
	const exported = exportsOf(app, source);
	const servers = files
		.filter((file) => file !== source && !presentIn(file, "").hasProtection)
		.map((file) => ({ file, calls: serversElsewhere(file, source.path, exported, app.kind) }))
		.filter(({ calls }) => calls.length > 0);
	const home = homeOf(found, { present, exported, isShared: servers.length > 0, manifest, preset: settings.preset });
	const needs = createNeeds(source);
	const own = present.hasProtection ? [] : ownServers(app, source);
	const isProtected = present.hasProtection || files.some((file) => presentIn(file, "").hasProtection);
	if (own.length + servers.length === 0 && !isProtected)
		notes.push(`The place where the application listens was not found. Write protectServer(app.listen(…), headers) there.`);
	const variable = changeApp(found, present, needs, { home, own, exported, settings, manifest }, notes);
	for (const { file, calls } of servers) changeServer(file, calls, home, { source, present, exported, variable, manifest }, notes);
	const pages = readPages(root, manifest);
	const routes = vendorRoutes(source, app.target, pages);
	for (const { path, vendor } of routes)
		source.edits.push({ start: path.end, end: path.end, text: `, ${variable}.extend(${needs.use("headguard/vendors", vendor)})` });
	needs.write(app.statement);
	const imported = importsOf(source).filter(({ module }) => module === "headguard/vendors");
	const done = new Set([...routes.map(({ vendor }) => vendor), ...imported.map(({ name }) => name)]);
	notes.push(...vendorNotes(pages, done));
	if (pages.inline.length > 0) notes.push(inlineNote(pages.inline));
	const edited = [source, ...servers.map(({ file }) => file)].map((file) => changed(file));
	const fresh: readonly Change[] = home.fresh === undefined ? [] : [{ path: home.path, name: nameOf(home.path, root), before: undefined, after: home.fresh }];
	const isMissing = !manifest.dependencies.has("headguard");
	const changes = [...fresh, ...edited, packageChange(manifest, home, root, settings, notes)].filter((one) => one.before?.text !== one.after);
	return { changes, notes, found: `${app.kind} application ${app.target} in ${source.name}:${app.line}`, isMissing };
}

function refuse({ app, source }: Found, present: Present, root: string): void {
	const place = `${source.name}:${app.line}`;
	if (app.problem !== undefined) throw new UsageError(`${place}: ${app.problem}. ${BY_HAND}`);
	const others = othersWith(root);
	const [helmet] = others.helmet;
	if (helmet !== undefined)
		throw new HelmetFound(`${helmet} uses helmet, and two policies must not be mounted. Run npx headguard migrate --write, then this command again.`);
	if (/["']headguard\/helmet(?:\/exact)?["']/.test(source.text))
		throw new UsageError(`${source.name} mounts headguard/helmet, which already has a policy. To have one of your own, replace it with secureHeaders().`);
	const isMounted = present.mount !== undefined || present.inline !== undefined || present.variable !== undefined;
	const other = others.headguard.find((name) => name !== source.name);
	if (!isMounted && (other !== undefined || present.isAny))
		throw new UsageError(
			`${other ?? source.name} already uses headguard, in a way that this command does not understand. Write app.use(headers) before everything else in ${place}.`,
		);
}

/** helmet is mounted. */
export class HelmetFound extends UsageError {}

interface Around {
	readonly home: Home;
	readonly own: readonly Node[];
	readonly exported: Exports;
	readonly settings: Settings;
	readonly manifest: Manifest;
}

/** Returns the variable of the policy. */
function changeApp({ app, source }: Found, present: Present, needs: Needs, { home, own, exported, settings, manifest }: Around, notes: string[]): string {
	const imported = home.fresh === undefined ? undefined : needs.use(specifierFor(source, home.path, manifest), "headers");
	const fresh = freeName(source, "headers", "securityHeaders", "headguardHeaders");
	const { preset, hasDevtools } = settings;
	const name = present.variable ?? imported ?? fresh;
	for (const server of own) protect(source, server, needs.use("headguard", "protectServer"), name);
	const variable = addMounts(
		app,
		source,
		present,
		needs,
		{ preset, hasDevtools, imported, fresh, firstServer: Math.min(...own.map(({ start }) => start)) },
		notes,
	);
	if (settings.hasScript && home.checked === source.path && home.path === source.path) addExports(app, source, exported, variable);
	return variable;
}

/** What `headguard check` reads of a file that only starts the application. */
function addExports({ target }: App, source: Source, { app, all }: Exports, variable: string): void {
	if (app.has("default") || app.has("app") || all.has("headers")) return;
	const { text, style, isModule, edits } = source;
	const pair = (name: string, local: string): string => (name === local ? name : isModule ? `${local} as ${name}` : `${name}: ${local}`);
	const list = `{ ${pair("app", target)}, ${pair("headers", variable)} }`;
	const line = isModule ? `export ${list}` : `module.exports = ${list}`;
	edits.push({ start: text.length, end: text.length, text: `${text.endsWith("\n") ? "" : style.eol}${style.eol}${line}${style.end}${style.eol}` });
}

interface Shared {
	readonly source: Source;
	readonly present: Present;
	readonly exported: Exports;
	readonly variable: string;
	readonly manifest: Manifest;
}

function changeServer(file: Source, calls: Around["own"], home: Home, { source, present, exported, variable, manifest }: Shared, notes: string[]): void {
	const name = home.fresh !== undefined ? "headers" : (present.fromName ?? (exported.all.has(variable) ? variable : undefined));
	const [first] = calls;
	if (name === undefined || name === "default" || name === "*" || first === undefined) {
		notes.push(`${file.name}:${first?.loc.start.line ?? 1}: import the policy of ${source.name}, and write protectServer(…, ${variable}) around this server.`);
		return;
	}
	const needs = createNeeds(file);
	const headers = needs.use(specifierFor(file, home.path, manifest), name);
	for (const call of calls) protect(file, call, needs.use("headguard", "protectServer"), headers);
	needs.write(first);
}

/** Code of an unknown form could become something that does not parse. */
function changed({ path, name, text, bytes, edits }: Source): Change {
	const after = applyEdits(text, edits);
	try {
		parseFile(after, name);
	} catch {
		throw new UsageError(`${name} has a form that this command does not understand. ${BY_HAND}`);
	}
	return { path, name, before: { text, bytes }, after };
}

const SCRIPT = "check:headers";

function packageChange(manifest: Manifest, { checked }: Home, root: string, { hasScript, version }: Settings, notes: string[]): Change {
	const { path, text, bytes, scripts, dependencies, devDependencies } = manifest;
	const isChecked = scripts.has(SCRIPT) || [...scripts.values()].some((script) => script.includes("headguard check"));
	const isWanted = hasScript && !isChecked && checked !== undefined;
	if (hasScript && !isChecked && checked === undefined)
		notes.push("No script was added to package.json, because no file exports the policy. Export it as headers.");
	const needsTsx = isWanted && /ts$/.test(checked) && !runsTypeScript() && !devDependencies.has("tsx") && !dependencies.has("tsx");
	if (needsTsx)
		notes.push("The script check:headers reads TypeScript, which this version of Node cannot run. Use Node 22.18 or later, or npm install --save-dev tsx.");
	if (devDependencies.has("headguard")) notes.push("headguard is in the devDependencies, and production needs it. Move it to the dependencies.");
	const after = withFields(manifest, [
		...(dependencies.has("headguard") || devDependencies.has("headguard") ? [] : [["dependencies", "headguard", `^${version}`] as const]),
		...(isWanted ? [["scripts", SCRIPT, checkScript(nameOf(checked, root), manifest)] as const] : []),
	]);
	return { path, name: "package.json", before: { text, bytes }, after };
}

function runsTypeScript(): boolean {
	return Reflect.get(process.features, "typescript") === "strip" || Reflect.get(process.features, "typescript") === "transform";
}

/** Shells of Windows set variables differently. */
function checkScript(file: string, { devDependencies }: Manifest): string {
	const set = devDependencies.has("cross-env") ? "cross-env NODE_ENV=production " : process.platform === "win32" ? "" : "NODE_ENV=production ";
	return `${set}headguard check ./${file} --deploy`;
}

function inlineNote(files: readonly string[]): string {
	const [first = "", ...more] = files;
	const others = more.length === 0 ? "" : ` and ${more.length} more`;
	return `${first}${others} contains inline code without a nonce, which the policy blocks. Run npx headguard templates ${first.split("/")[0]} --write, which adds the nonce, and move handlers such as onclick to a script.`;
}

function nameOf(path: string, root: string): string {
	return relative(root, path).split(sep).join("/");
}
