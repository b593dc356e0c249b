/* Code that is made from strings, by the library that makes it. */

/** A pattern for the address of the script, and what to do. */
type Known = readonly [script: RegExp, advice: string];

const LIBRARIES: readonly Known[] = [
	[/handlebars(?!\.runtime)/i, "Handlebars compiles templates in the browser. Compile them in your build, and load handlebars.runtime."],
	[/underscore|lodash/i, "_.template compiles in the browser. Compile the template in your build, or write it as a function."],
	[/angular(?:\.min)?\.js/i, "AngularJS evaluates expressions with eval. Write <html ng-csp>, and it does not."],
	[
		/vue(?:\.global|\.esm-browser|\.esm-bundler)?(?:\.min|\.dev)?\.js/i,
		"This build of Vue compiles templates in the browser. Use the runtime build, and compile templates with Vite or webpack.",
	],
	[/alpine/i, "Alpine evaluates attributes as code. Load @alpinejs/csp instead."],
	[/knockout/i, "Knockout evaluates bindings as code. Use knockout-secure-binding."],
	[/htmx/i, 'htmx evaluates hx-on, hx-vals="js:…" and filters of hx-trigger. Leave those out, and set htmx.config.allowEval to false.'],
	[/jquery/i, "jQuery runs the scripts of HTML that it inserts. Insert HTML without scripts, and load those from files."],
	[/ajv/i, "Ajv compiles schemas in the browser. Compile them in your build: https://ajv.js.org/standalone.html"],
	[/protobuf/i, "protobufjs generates code at run time. Use the static code of pbjs."],
	[
		/(?:^|\/)(?:ejs|eta|pug|dot|mustache|nunjucks)(?:\.min)?\.js/i,
		"The template engine compiles in the browser. Render on the server, or compile templates in your build.",
	],
	[
		/webpack|(?:^|\/)(?:main|bundle|vendors?|runtime|app)[\w.-]*\.js/i,
		'If webpack made the script: its default devtool evaluates each module. Write devtool: "source-map".',
	],
];

/** What to do about eval in a script. */
export function evaluated(source: string): string {
	const known = LIBRARIES.find(([script]) => script.test(source))?.[1];
	return known ?? "Replace eval, new Function and setTimeout with a string. JSON.parse reads data.";
}
