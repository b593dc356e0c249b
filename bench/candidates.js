/** The candidates: each as middleware for Express or Connect, and what its handler does. */
import { randomBytes } from "node:crypto";
import { IncomingMessage, ServerResponse } from "node:http";
import connect from "connect";
import ejs from "ejs";
import express from "express";
import { csp, getNonce, secureHeaders } from "headguard";
import viaHeadguard from "headguard/helmet";
import helmet from "helmet";
import nosecone from "nosecone";

export const STACKS = { "Express 5": express, Connect: connect };

/** The headers of the default policy, set by hand. */
const HAND_WRITTEN = Object.entries(textsOf(secureHeaders()));

const STATIC = { contentSecurityPolicy: { directives: { scriptSrc: [csp.self], styleSrc: [csp.self] } } };
const nonceFunction = (_req, res) => `'nonce-${res.locals.cspNonce}'`;
const WITH_NONCE = { contentSecurityPolicy: { directives: { scriptSrc: ["'self'", nonceFunction] } } };
const readNonce = (res) => getNonce(res);
const patch = { contentSecurityPolicy: { directives: { scriptSrc: ["https://js.pay.example"] } } };

export const BARE = { name: "none", middlewares: () => [(_req, _res, next) => next()] };

/** `against`: the candidate whose cost is 1.00. */
export const CANDIDATES = [
	{ name: "helmet", against: "helmet", middlewares: () => [helmet()] },
	{ name: "hand-written setHeader", against: "helmet", middlewares: () => [handWritten] },
	{ name: "nosecone", against: "helmet", middlewares: () => [viaNosecone] },
	{ name: "headguard, static policy", against: "helmet", middlewares: () => [secureHeaders(STATIC)] },
	{ name: "headguard, nonce unread", against: "helmet", middlewares: () => [secureHeaders()] },
	{ name: "headguard, route override", against: "helmet", middlewares: () => [secureHeaders().extend(patch)] },
	{ name: "headguard, override on the app's", against: "helmet", middlewares: () => overridden() },
	{ name: "headguard, five mounts", against: "helmet", middlewares: () => Array(5).fill(secureHeaders()) },
	{ name: "headguard, headerBlock: false", against: "helmet", middlewares: () => [secureHeaders({ headerBlock: false })] },
	{ name: "headguard/helmet", against: "helmet", middlewares: () => [viaHeadguard()] },
	{ name: "helmet + nonce", against: "helmet + nonce", middlewares: () => [randomNonce, helmet(WITH_NONCE)] },
	{ name: "headguard/helmet + nonce", against: "helmet + nonce", middlewares: () => [randomNonce, viaHeadguard(WITH_NONCE)] },
	{ name: "headguard, nonce read", against: "helmet + nonce", middlewares: () => [secureHeaders()], handle: readNonce },
];

/** A page that a view engine makes, which copies `res.locals`. */
export const PAGES = {
	"rendered page": [
		{ name: "none", middlewares: () => [constantNonce], view: "nonced" },
		{ name: "helmet + nonce", middlewares: () => [randomNonce, helmet(WITH_NONCE)], view: "nonced" },
		{ name: "headguard", middlewares: () => [secureHeaders()], view: "nonced" },
	],
	"rendered page without a slot": [
		{ name: "none", middlewares: () => [(_req, _res, next) => next()], view: "plain" },
		{ name: "helmet", middlewares: () => [helmet()], view: "plain" },
		{ name: "headguard, nonce unread", middlewares: () => [secureHeaders()], view: "plain" },
		{ name: "headguard, static policy", middlewares: () => [secureHeaders(STATIC)], view: "plain" },
	],
};

/** The cost of a policy as it grows: headers, directives, nonce slots, overrides at start-up. */
export const GROWTH = [
	...[1, 5, 9, 12].map((count) => ({ name: `${count} headers`, middlewares: () => [secureHeaders(headers(count))] })),
	...[1, 10, 20].map((count) => ({ name: `${count} directives`, middlewares: () => [secureHeaders(directives(count))] })),
	...[1, 4].map((count) => ({ name: `${count} nonce slots, read`, middlewares: () => [secureHeaders(slots(count))], handle: readNonce })),
	...[1, 8, 64].map((count) => ({ name: `${count} overrides made`, middlewares: () => [overrides(count)] })),
];

export function build(create, { middlewares, handle = () => {}, view }) {
	const app = create();
	for (const middleware of middlewares()) app.use(middleware);
	if (view !== undefined) {
		app.engine("ejs", ejs.renderFile).set("view engine", "ejs").set("views", "bench/views").enable("view cache");
		return app.use((_req, res) => res.render(view, { title: "A page", items: ["one", "two", "three"] }));
	}
	app.use((_req, res) => {
		handle(res);
		res.setHeader("Content-Type", "text/plain");
		res.end("ok");
	});
	return app;
}

function handWritten(_req, res, next) {
	for (const [name, value] of HAND_WRITTEN) res.setHeader(name, value);
	res.removeHeader("X-Powered-By");
	next();
}

/** Created in each request, as its documentation shows for servers without an adapter. */
function viaNosecone(_req, res, next) {
	for (const [name, value] of nosecone()) res.setHeader(name, value);
	next();
}

/** As cheap as a nonce can be: the page without a middleware that makes one. */
function constantNonce(_req, res, next) {
	res.locals.cspNonce = "AbCdEfGhIjKlMnOpQrStUv";
	next();
}

function randomNonce(_req, res, next) {
	res.locals ??= {};
	res.locals.cspNonce = randomBytes(16).toString("base64");
	next();
}

function overridden() {
	const headers = secureHeaders();
	return [headers, headers.extend(patch)];
}

function headers(count) {
	const names = Object.keys(defaults());
	const more = { xXssProtection: true, xDownloadOptions: true, xDnsPrefetchControl: "off" };
	const off = Object.fromEntries(names.slice(count).map((name) => [name, false]));
	return { ...off, ...(count > names.length ? more : {}) };
}

function defaults() {
	const names = Object.keys(textsOf(secureHeaders({ secure: true }))).map((name) => name.toLowerCase().replace(/-(.)/g, (_, letter) => letter.toUpperCase()));
	return Object.fromEntries(names.map((name) => [name, true]));
}

function directives(count) {
	const all = ["default-src", "script-src", "style-src", "img-src", "font-src", "connect-src", "media-src", "object-src", "frame-src", "worker-src"].concat(
		["manifest-src", "child-src", "base-uri", "form-action", "frame-ancestors", "script-src-elem", "script-src-attr", "style-src-elem", "style-src-attr"],
		["fenced-frame-src"],
	);
	return { contentSecurityPolicy: { useDefaults: false, directives: Object.fromEntries(all.slice(0, count).map((name) => [name, [csp.self]])) } };
}

function slots(count) {
	const names = ["script-src", "style-src", "script-src-elem", "style-src-elem"].slice(0, count);
	return { contentSecurityPolicy: { useDefaults: false, directives: Object.fromEntries(names.map((name) => [name, [csp.nonce]])) } };
}

function overrides(count) {
	const headers = secureHeaders();
	const made = Array.from({ length: count }, (_, i) => headers.extend({ contentSecurityPolicy: { directives: { imgSrc: [`https://img${i}.example`] } } }));
	return made[count - 1];
}

function textsOf(middleware) {
	const res = new ServerResponse(new IncomingMessage(null));
	middleware({ headers: {} }, res);
	return Object.fromEntries(res.getRawHeaderNames().map((name) => [name, String(res.getHeader(name))]));
}
