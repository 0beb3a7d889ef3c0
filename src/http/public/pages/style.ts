import { hash } from 'node:crypto'

/** The stylesheet of all pages. It loads no other resource and has no animation. */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --ground: #f4f2ee;
  --sheet: #ffffff;
  --ink: #1d2320;
  --quiet: #5a635e;
  --line: #dcd9d2;
  --edge: #7d847f;
  --accent: #0d6349;
  --accent-deep: #094a37;
  --on-accent: #ffffff;
  --tint: #e7f1ec;
  --warn: #93370d;
  --warn-tint: #fbeee4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131614;
    --sheet: #1c201e;
    --ink: #ebe9e4;
    --quiet: #a5aea9;
    --line: #343a37;
    --edge: #7f8984;
    --accent: #7fd3b0;
    --accent-deep: #a3e3c8;
    --on-accent: #0c2a1f;
    --tint: #1f3a30;
    --warn: #f3b48c;
    --warn-tint: #3b2617;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: grid;
  place-items: center;
  padding: 1.5rem 1rem;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Open Sans", sans-serif;
  overflow-wrap: anywhere;
}
main {
  width: 100%;
  max-width: 30rem;
  padding: clamp(1.5rem, 6vw, 2.5rem);
  background: var(--sheet);
  border: 1px solid var(--line);
  border-radius: 1rem;
}
h1 { margin: 0 0 .75rem; font-size: clamp(1.4rem, 5.5vw, 1.7rem); line-height: 1.2; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
h2, legend { margin: 0; padding: 0; font-size: 1rem; font-weight: 650; }
p { margin: 0; text-wrap: pretty; }
b { font-weight: 650; }
.lead { color: var(--quiet); }
.lead b { color: var(--ink); }

.pair { display: flex; align-items: center; gap: .6rem; margin-bottom: 1.5rem; }
.pair span { display: grid; place-items: center; width: 3rem; height: 3rem; border-radius: .85rem; border: 1px solid var(--line); font-size: 1.25rem; font-weight: 650; color: var(--quiet); }
.pair .to { background: var(--tint); border-color: transparent; color: var(--accent); }
.pair i { width: 2.25rem; border-top: 2px dotted var(--edge); }
.pair .to + .to { margin-left: -1.1rem; box-shadow: 0 0 0 2px var(--sheet); }

dl { margin: 1.5rem 0; border-top: 1px solid var(--line); }
dl div { display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: .6rem 0; border-bottom: 1px solid var(--line); }
dt { flex: 0 0 7.5rem; color: var(--quiet); }
dd { flex: 1 1 12rem; margin: 0; font-weight: 500; }

.scopes { margin: .5rem 0 0; padding: 0; list-style: none; }
.scopes li { padding: .3rem 0 .3rem 1.5rem; position: relative; }
.scopes li::before { content: ""; position: absolute; left: .25rem; top: .95rem; width: .5rem; height: .5rem; border-radius: 50%; background: var(--accent); }
code { font: .85em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: var(--quiet); }
code.name { color: var(--ink); font-size: .95em; }

fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
legend { margin-bottom: .6rem; }
.choice { margin-bottom: .6rem; border: 1px solid var(--edge); border-radius: .75rem; }
.choice:has(input:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.choice label { display: flex; align-items: center; gap: .75rem; min-height: 3rem; padding: .6rem 1rem; font-weight: 600; cursor: pointer; }
.choice input { flex: none; width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--accent); }
.choice details { border-top: 1px solid var(--line); padding: 0 1rem; }
.choice .scopes { margin: 0 0 .75rem; }
.choice details p { margin-bottom: .75rem; color: var(--quiet); }
summary { display: flex; align-items: center; min-height: 2.75rem; color: var(--quiet); cursor: pointer; }
summary::before { content: "+"; width: 1.5rem; color: var(--accent); font-weight: 650; }
details[open] summary::before { content: "\\2212"; }
summary::-webkit-details-marker { display: none; }

.field { margin-top: 1rem; }
.field label { display: flex; align-items: end; min-height: 2.75rem; padding-bottom: .3rem; font-weight: 600; }
.field input { width: 100%; min-height: 3rem; padding: .6rem 1rem; border: 1px solid var(--edge); border-radius: .75rem; background: var(--sheet); color: var(--ink); font: inherit; }
.field input[aria-invalid="true"] { border-color: var(--warn); }
.help { margin-top: .75rem; color: var(--quiet); }
.help a { display: inline-flex; align-items: center; min-height: 2.75rem; color: var(--accent); }

button, .button {
  display: flex; align-items: center; justify-content: center;
  width: 100%; min-height: 3rem; margin-top: 1.5rem; padding: .6rem 1.25rem;
  border: 1px solid transparent; border-radius: .75rem;
  background: var(--accent); color: var(--on-accent);
  font: inherit; font-weight: 650; text-align: center; text-decoration: none; cursor: pointer;
}
button:hover, .button:hover { background: var(--accent-deep); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }

.caution { margin-top: 1.25rem; font-size: .9rem; color: var(--quiet); }
.caution b { color: var(--ink); }
.complaint { margin: 0 0 1rem; padding: .7rem 1rem; border-radius: .75rem; background: var(--warn-tint); color: var(--warn); font-weight: 600; }
.mark { display: grid; place-items: center; width: 3rem; height: 3rem; margin-bottom: 1.25rem; border-radius: 50%; font-size: 1.35rem; font-weight: 700; }
.mark.good { background: var(--tint); color: var(--accent); }
.mark.bad { background: var(--warn-tint); color: var(--warn); }
.reference { margin-top: 1.5rem; font-size: .9rem; color: var(--quiet); }

@media (max-width: 26rem) {
  body { padding: 0; place-items: stretch; background: var(--sheet); }
  main { border: 0; border-radius: 0; }
}
@media (prefers-contrast: more) {
  :root { --quiet: var(--ink); --line: var(--edge); }
}
@media (forced-colors: active) {
  button, .button, .pair span, .mark, .complaint { border: 1px solid; }
  .scopes li::before { background: CanvasText; forced-color-adjust: none; }
  .choice:has(input:checked) { outline: 2px solid Highlight; }
}
`

/** The name contains a hash of the content, so that browsers may cache the file for a year. */
export const STYLESHEET_NAME = `${hash('sha256', STYLESHEET, 'hex').slice(0, 16)}.css`
