// Lines of arithmetic as the engine explains them: formula, terms with where they come from, result.

import { el } from "./dom.js";
import { text } from "./texts.js";

const POWERS = { "**2": "²", "**3": "³" };

/** An expression of the engine as people write it; its digits stay as they are. */
export function typeset(words) {
  return words.replace(/\*\*[23](?!\d)/g, (power) => POWERS[power]).replace(/ \* /g, "·").replace(/(^|[\s(e])-/g, "$1−");
}

/** One line: `label = term + term + … = result`; without its result where it is asked for. `choose` gets the place of a
 *  term that comes from somewhere when it is pressed. */
export function lineOf(line, { asked = false, formula = true, choose = null } = {}) {
  const parts = line.terms.map((term, k) => termOf(term, line.from?.[k], line.terms.length > 1, choose && line.places && (() => choose(line.places[k]))));
  const made = el("p", { class: "line number" }, el("span", { class: "symbol" }, line.label));
  if (parts.length) made.append(" = ", ...parts.flatMap((part, k) => (k ? [el("wbr"), " + ", part] : [part])));
  if (line.rest) made.append(" + ", el("span", { class: "quiet" }, typeset(text("explain.rest", line.rest))));
  if (!asked) made.append(" = ", el("b", {}, typeset(line.result)));
  const words = [formula && line.formula ? typeset(`${line.symbol} = ${line.formula}`) : "", line.remark ?? ""].filter(Boolean);
  return el("div", { class: "worked" }, words.length ? el("p", { class: "formula quiet" }, words.join(", ")) : null, made);
}

function termOf(term, from, several, choose) {
  const shown = typeset(several && term.startsWith("-") ? `(${term})` : term);
  const parts = [shown, from ? el("small", {}, from) : null];
  return from && choose ? el("button", { type: "button", class: "term", onclick: choose }, parts) : el("span", { class: "term" }, parts);
}

/** Some of the numbers of an array, as a table. */
export function arrayOf({ symbol, shape, cells, formula, remark }) {
  const rows = cells.map((row) => el("tr", {}, row.map((cell) => el("td", {}, typeset(cell)))));
  const head = [typeset(formula ? `${symbol} = ${formula}` : symbol), shape, remark].filter(Boolean).join(", ");
  const table = el("table", { class: "number", "aria-label": symbol }, el("tbody", {}, rows));
  return [el("p", { class: "formula quiet" }, head), el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": symbol }, table)];
}

/** Which rows a step is worked on, and what the engine says about it. */
export function rowsOf({ rows, of, notes }) {
  const shown = rows.length > 8 ? `${rows.slice(0, 7).join(", ")} … ${rows.at(-1)}` : rows.join(", ");
  const key = rows.length < of ? "explain.rows.first" : "explain.rows";
  return [el("p", { class: "quiet" }, text(key, { n: rows.length, of, shown })), ...notes.map((note) => el("p", { class: "quiet" }, note))];
}
