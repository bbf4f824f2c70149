// Lists of the data panel: what became of each column, what only a person can decide.

import { button, el, figure } from "./dom.js";
import { text } from "./texts.js";

const KINDS = ["number", "category", "date", "drop"];
const SHOWN = 30;

/** What became of each column; `read(column, kind)` reads one as something else, where the rows can be read again. */
export function columnList({ columns, inputs }, read) {
  const item = (column, i) => {
    const state = column.skipped ? text("data.skipped", { why: column.skipped }) : text(`data.kind.${column.kind}`);
    const missing = column.missing > 0 ? text("data.share", { share: column.missing < 0.01 ? "< 1" : Math.round(column.missing * 100) }) : "";
    const infinite = column.infinite ? text("data.infinite", { n: figure(column.infinite) }) : "";
    const facts = [column.skipped || !read ? state : "", missing, infinite].filter(Boolean).join(" · ");
    return el("li", { class: column.skipped ? "skipped" : "used" }, el("span", { class: "name" }, column.name), read ? kindChoice(column, i, read) : null, facts ? el("small", {}, facts) : null);
  };
  const list = el("ul", { class: "columns" }, columns.slice(0, SHOWN).map(item));
  const rest = columns.length > SHOWN && button(text("data.columns.all", { n: figure(columns.length) }), () => {
    list.replaceChildren(...columns.map(item));
    rest.remove();
  }, { id: "data-columns-all" });
  const used = columns.filter((column) => column.used).length;
  return el("details", { id: "data-columns", open: Boolean(read) }, el("summary", {}, text("data.columns", { used: figure(used), all: figure(columns.length), inputs: figure(inputs.length) })), list, rest || null);
}

function kindChoice(column, i, read) {
  const kinds = KINDS.includes(column.kind) ? KINDS : [column.kind, ...KINDS];
  const choose = el("select", {
    id: `data-kind-${i}`, "aria-label": text("data.kind.of", { name: column.name }), onchange: () => read(column.name, choose.value),
  }, kinds.map((kind) => el("option", { value: kind, selected: kind === column.kind }, text(`data.kind.${kind}`))));
  return choose;
}

/** Questions, each with a button for each answer: `answer(options)` takes one. */
export function questionCards(questions, answer) {
  return questions.map((question, i) => el("div", { class: "question", role: "group", "aria-label": text("data.question") },
    el("p", {}, question.text),
    el("div", { class: "labels" }, (question.choices ?? []).map(({ options }, j) =>
      button(words(options), () => answer(options), { id: `data-answer-${question.column ? "c" : "f"}${i}-${j}` })))));
}

/** The words of an answer: one option of the reader. */
function words(options) {
  const [[name, value]] = Object.entries(options);
  if (name === "read") return text(`data.answer.read.${Object.values(value)[0]}`);
  if (name === "day_first" || name === "header") return text(`data.answer.${name}.${value}`);
  return text(`data.answer.${name}`, { value: Array.isArray(value) ? value.join(", ") : value });
}
