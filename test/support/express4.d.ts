/** Express 4 stands beside Express 5 under another name; the API that the tests use is the same. */
declare module "express4" {
	import express from "express";
	export default express;
}
