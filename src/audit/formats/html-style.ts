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
.site { color: var(--soft); overflow-wrap: anywhere; }
.verdict { display: inline-block; margin-top: .75rem; padding: .25rem .75rem; border: 1px solid currentColor; border-radius: .4rem; font-weight: 600; font-size: .9rem; }
.passed, .set { color: var(--good); }
.failed, .absent, .twice { color: var(--bad); }
.summary { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: center; margin: 1.75rem 0 1rem; }
.summary div { flex: 1 1 16rem; min-width: 0; }
.grade { flex: none; width: 5.5rem; padding: .5rem 0; margin: 0; text-align: center; font-size: 2.75rem; line-height: 1.2; font-weight: 700; border: 3px solid currentColor; border-radius: .75rem; }
.grade-a { color: var(--good); } .grade-b, .grade-c { color: var(--warn); } .grade-d, .grade-f { color: var(--bad); }
.findings { list-style: none; margin: 0; padding: 0; }
.findings li { border-left: 4px solid var(--line); background: var(--panel); padding: .5rem .9rem; margin: .5rem 0; overflow-wrap: anywhere; }
.error li { border-color: var(--bad); } .warning li { border-color: var(--warn); }
.id { font-size: .9rem; } .id span { color: var(--soft); margin-left: .5rem; }
details { margin: 1.5rem 0; } summary { cursor: pointer; font-weight: 600; }
.wide { overflow-x: auto; } .wide th, .wide td { overflow-wrap: normal; }
table { border-collapse: collapse; font-size: .875rem; margin: .5rem 0; }
caption { text-align: left; color: var(--soft); }
th, td { overflow-wrap: anywhere; text-align: left; vertical-align: top; padding: .35rem .7rem; border-bottom: 1px solid var(--line); }
.matrix tbody th { font-weight: 600; min-width: 11rem; max-width: 22rem; } .matrix tbody th span { display: block; font-weight: 400; color: var(--soft); overflow-wrap: anywhere; }
`;

/** Its SHA-256. A test computes it again. */
export const STYLE_HASH = "sha256-4qiZA+9kIo7Ul1PDW/lT5U3Doz4F1FPvSxhIgWaIHjk=";
