/* What the tests use of packages that bring no types. */

declare module "pug" {
	const pug: { render(template: string, locals: object): string };
	export default pug;
}

declare module "nunjucks" {
	const nunjucks: { renderString(template: string, locals: object): string };
	export default nunjucks;
}

declare module "react" {
	export function createElement(type: string, properties: object | null, ...children: readonly string[]): object;
}

declare module "react-dom/server" {
	export function renderToStaticMarkup(element: object): string;
	export function renderToString(element: object): string;
}

declare module "swagger-ui-express" {
	const swaggerUi: { readonly serve: import("express").RequestHandler[]; setup(document: object): import("express").RequestHandler };
	export default swaggerUi;
}
