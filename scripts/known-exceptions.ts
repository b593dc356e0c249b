/** What the compatibility data or a snapshot has and we leave out on purpose, each with the reason. A test fails when one is no longer needed. */
export const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
	["Content-Security-Policy meta-element-support", "It is about where a policy can be, and is not a word of one."],
	["Content-Security-Policy worker_support", "It is about where a policy applies, and is not a word of one."],
	["Content-Security-Policy script-src external_scripts", "It is about what a hash can match, and is not a word of a policy."],
	["Content-Security-Policy form-action blocks_redirects", "It is about redirects after a form, and is not a word of a policy."],
	["Cross-Origin-Opener-Policy report-to_parameter", "It is the field reportTo of the option."],
	["Cross-Origin-Embedder-Policy report-to_parameter", "It is the field reportTo of the option."],
	["Cross-Origin-Opener-Policy-Report-Only report-to_parameter", "It is the field reportTo of the option."],
	["Cross-Origin-Embedder-Policy-Report-Only report-to_parameter", "It is the field reportTo of the option."],
	["Reporting-Endpoints crash-reporting", "Names of endpoints are free."],
	["Reporting-Endpoints default", "Names of endpoints are free."],
	["Referrer-Policy default_strict-origin-when-cross-origin", "It is about the default of browsers."],
	["Clear-Site-Data secure_context_required", "It is about where the header is read."],
	["Clear-Site-Data wildcard", 'It is the type "*".'],
	["Permissions-Policy wildcards", "It is about the syntax of origins."],
]);
