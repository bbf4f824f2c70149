// The numbers of a drawing as a table, for whoever cannot see it.

import { el } from "./dom.js";

/** Make a table that is filled when it is opened: its name, a caption, names of columns, and a function that returns rows of texts.
 *  Returns the element, and `refresh()` for when the numbers have changed. */
export function numbersTable(name, caption, names, rowsNow) {
  const body = el("tbody", {});
  const heads = names.map((name) => el("th", { scope: "col" }, name));
  const table = el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, heads)), body);
  const element = el("details", {}, el("summary", {}, name), el("div", { class: "scroll", tabindex: 0 }, table));
  function refresh() {
    if (element.open) body.replaceChildren(...rowsNow().map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell)))));
  }
  element.ontoggle = refresh;
  return { element, refresh };
}
