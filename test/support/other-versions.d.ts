/** Other versions of frameworks stand beside the newest under other names; the API that the tests use is the same. */
declare module "express4" {
	import express from "express";
	export default express;
}
declare module "express4-oldest" {
	import express from "express";
	export default express;
}
declare module "koa2" {
	import Koa from "koa";
	export default Koa;
}
