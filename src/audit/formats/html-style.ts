/** The style sheet of the page, exactly as it is between the tags: its hash is in the page's policy. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --back: #fff; --panel: #f6f8fa; --bad: #b3261e; --warn: #8a5a00; --good: #1a7f37; --link: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9aa4b0; --line: #3d444d; --back: #0d1117; --panel: #161b22; --bad: #ff8b82; --warn: #e3b341; --good: #56d364; --link: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
p { margin: .25rem 0; }
a { color: var(--link); }
code, pre { font: .8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { margin: .4rem 0 .1rem; padding: .4rem .6rem; background: var(--back); border: 1px solid var(--line); border-radius: .3rem; white-space: pre-wrap; }
.site { color: var(--soft); overflow-wrap: anywhere; }
.site b { color: var(--text); font-weight: 600; }
.verdict { display: inline-block; margin-top: .75rem; padding: .25rem .75rem; border: 1px solid currentColor; border-radius: .4rem; font-weight: 600; font-size: .9rem; }
.passed, .set { color: var(--good); }
.failed, .absent, .twice { color: var(--bad); }
.soft { color: var(--soft); }
.summary { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: center; margin: 1.25rem 0 1rem; }
.summary div { flex: 1 1 14rem; min-width: 0; }
.grade { flex: none; width: 5rem; padding: .4rem 0; margin: 0; text-align: center; font-size: 2.5rem; line-height: 1.2; font-weight: 700; border: 3px solid currentColor; border-radius: .75rem; }
.grade-a { color: var(--good); } .grade-b, .grade-c { color: var(--warn); } .grade-d, .grade-f { color: var(--bad); }
.findings { list-style: none; margin: 0; padding: 0; }
.findings li { border-left: 4px solid var(--line); background: var(--panel); padding: .5rem .9rem; margin: .5rem 0; overflow-wrap: anywhere; break-inside: avoid; }
.error li { border-color: var(--bad); } .warning li { border-color: var(--warn); }
.id span { color: var(--soft); margin-left: .5rem; font-size: .9rem; } .id a { font-size: .9rem; }
.why { color: var(--soft); font-size: .925rem; }
details { margin: 1.5rem 0; } summary { cursor: pointer; font-weight: 600; }
li details { margin: .25rem 0; font-size: .9rem; } li details p { margin-left: 1rem; }
.wide { overflow-x: auto; } .wide th, .wide td { overflow-wrap: normal; }
table { border-collapse: collapse; font-size: .875rem; margin: .5rem 0; }
caption { text-align: left; color: var(--soft); }
th, td { overflow-wrap: anywhere; text-align: left; vertical-align: top; padding: .35rem .7rem; border-bottom: 1px solid var(--line); }
meter { width: 8rem; height: .8rem; vertical-align: middle; }
.values th { font-weight: 600; width: 19rem; } .values { width: 100%; }
.areas th { overflow-wrap: normal; } .areas td:nth-child(2) { white-space: nowrap; }
.matrix tbody th { font-weight: 600; min-width: 11rem; max-width: 22rem; } .matrix tbody th span { display: block; font-weight: 400; color: var(--soft); overflow-wrap: anywhere; }
@media (max-width: 40rem) { main { padding: 1.25rem .9rem 3rem; } .values, .values tbody, .values tr, .values th, .values td { display: block; width: auto; } .values th { border-bottom: 0; padding: .5rem 0 0; } .values td { padding: 0 0 .5rem; } }
@media print { :root { color-scheme: light; --text: #000; --soft: #444; --line: #999; --back: #fff; --panel: #fff; --bad: #a11d16; --warn: #7a5000; --good: #14692c; --link: #000; } main { max-width: none; padding: 0; } body { font-size: 10.5pt; } h2 { break-after: avoid; } tr, pre { break-inside: avoid; } .wide { overflow: visible; } .matrix { font-size: 7.5pt; } .matrix th, .matrix td { padding: .2rem .3rem; } .matrix tbody th { min-width: 0; } details::details-content { content-visibility: visible; display: block; block-size: auto; } }
`;

/** Its SHA-256. A test computes it again. */
export const STYLE_HASH = "sha256-fD/Rpwwed6zCdyWX9ZjT55xYprCV+CqfT70KL3LKz8g=";
