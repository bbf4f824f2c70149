// The microscope: six stops inside the next step, walked with ← and →; what each is about lights up in the network.

import { button, el, say } from "./dom.js";
import { arrayOf, lineOf, rowsOf } from "./drawer_lines.js";
import { text } from "./texts.js";

/** The stop as it is shown, with the buttons to walk on; `look` has stop and manual, and is changed here. */
export function microscopeOf(found, look, { store, walk }) {
  const go = (way) => walk(Math.min(Math.max(look.stop + way, 0), found.stops - 1));
  const name = text(`explain.stop.${found.name}`);
  const title = el("h3", { tabindex: -1, "aria-live": "polite" }, text("explain.stop", { number: found.stop + 1, stops: found.stops, name }));
  const back = button("←", () => go(-1), { label: text("explain.back"), disabled: found.stop === 0 });
  const on = button("→", () => go(1), { label: text("explain.on"), disabled: found.stop === found.stops - 1 });
  const manual = el("input", { type: "checkbox", checked: look.manual, onchange: () => walk(look.stop, { manual: manual.checked }) });
  light(store, found.highlight);
  const made = el("div", { class: "microscope", onkeydown: (event) => keys(event, go) },
    el("div", { class: "bar" }, back, title, on),
    el("div", { class: "bar" }, whyOf(found.name, look), store.can("check_number") ? el("label", {}, manual, text("explain.manual")) : null),
    found.stop ? null : rowsOf(found),
    look.manual ? questionsOf(found, look, store) : found.sections.map((section) => sectionOf(section, found, store)));
  return made;
}

function keys(event, go) {
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!way || event.target.matches("input[type=text]")) return;
  event.preventDefault();
  go(way);
}

/** Let edges and neurons light up in the network: `{edges: [{parameter, from, to}], units: [{layer, unit}]}`. */
export function light(store, lit) {
  store.highlight = lit;
  store.emit("highlight", lit);
}

/** The paragraph behind "Why?"; whether it is open is kept in `look`. */
export function whyOf(name, look) {
  const made = el("details", { ontoggle: () => (look.why[name] = made.open) }, el("summary", { "data-key": `why ${name}` }, text("explain.why")), el("p", {}, text(`explain.why.${name}`)));
  made.open = look.why[name] ?? false;
  return made;
}

function sectionOf(section, found, store) {
  const equations = section.equations.map((equation) => {
    const lines = equation.worked.map((line) => lit(lineOf(line, { formula: false }), section, line, found, store));
    return el("div", { class: "equation" }, [...arrayOf(equation), ...lines]);
  });
  return el("section", {}, el("h4", {}, section.title), section.remark ? el("p", { class: "quiet" }, section.remark) : null, equations);
}

/** Under the pointer a line lights the one neuron that it is about, and the edges into it. */
function lit(made, { layer }, { index }, found, store) {
  const unit = index.at(-1);
  if (!layer || unit === undefined) return made;
  const one = { edges: [{ parameter: `${layer}.weight`, from: null, to: unit }], units: [{ layer, unit }] };
  made.onpointerenter = () => light(store, one);
  made.onpointerleave = () => light(store, found.highlight);
  return made;
}

// ---- numbers to be worked out ---------------------------------------------------------------------------------------

/** One question after the other: the numbers of a line often are the answer to the one before. */
function questionsOf({ questions }, look, store) {
  const intro = el("p", { class: "quiet" }, text(questions.length ? "explain.ask" : "explain.ask.none"));
  const list = el("div"), solved = (look.solved ??= new Map());
  const ask = (next, isTyped) => {
    if (!next) return;
    const made = questionOf(next, store, solved, () => ask(questions[questions.indexOf(next) + 1], true));
    list.append(made);
    if (solved.has(next.question)) ask(questions[questions.indexOf(next) + 1], isTyped);
    else if (isTyped) made.querySelector("input").focus();
  };
  ask(questions[0], false);
  return [intro, list];
}

function questionOf(question, store, solved, goOn) {
  const input = el("input", { type: "text", inputmode: "decimal", autocomplete: "off", size: 12, "aria-label": text("explain.ask.label", question) });
  const verdict = el("p", { class: "verdict", role: "status" });
  const worked = el("div");
  const show = (line) => worked.replaceChildren(lineOf(line, { formula: false }));
  function solve(line) {
    const isFirst = !solved.has(question.question);
    solved.set(question.question, line);
    show(line);
    if (isFirst) goOn();
  }
  const answered = (typed) => store.do("check_number", { question: question.question, text: typed });
  async function check(event) {
    event.preventDefault();
    const answer = await answered(input.value);
    if (!answer) return;
    say(verdict, text(answer.right ? "explain.right" : "explain.wrong"));
    verdict.dataset.right = answer.right;
    if (answer.right) solve(answer.line);
  }
  async function reveal() {
    const answer = await answered("0");
    if (answer) solve(answer.line);
  }
  if (solved.has(question.question)) show(solved.get(question.question));
  return el("form", { class: "question", onsubmit: check }, lineOf(question, { asked: true }),
    el("div", { class: "bar" }, el("span", { "aria-hidden": "true" }, "="), input,
      el("button", { type: "submit" }, text("explain.check")), button(text("explain.reveal"), reveal, { class: "plain" })), verdict, worked);
}
