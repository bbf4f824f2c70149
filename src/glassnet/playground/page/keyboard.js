// Keys that work everywhere on the page, and the dialog that lists them. Inside the network, arrows belong to the network.

import { button, el, wayBack } from "./dom.js";
import { text } from "./texts.js";

const OFF = "glassnet playground keys off";

/** What each key does: [key, text of what it does, command that must be there, action]. */
const KEYS = [
  [" ", "app.key.run", "run", (store) => runOrPause(store)],
  [".", "app.key.step", "step", (store) => store.do("step")],
  [",", "app.key.back", "go_to", (store) => store.step > 0 && store.do("go_to", { step: store.step - 1 })],
  ["b", "app.key.branch", "branch", (store) => store.do("branch")],
  ["?", "app.key.help", null, () => openHelp()],
];
const CHORDS = [
  ["z", "Ctrl+Z", "app.undo", "undo"],
  ["y", "Ctrl+Y", "app.redo", "redo"],
];
const ELSEWHERE = [
  ["← → ↑ ↓", "app.key.walk"],
  ["Enter", "app.key.explain", "explain_neuron"],
  ["E", "app.key.edges", "explain_edge"],
  ["Tab", "app.key.tab"],
];
const WRITES = "input, select, textarea, [contenteditable], dialog";
const TAKES_SPACE = `${WRITES}, button, a, summary, [role=tab], [role=slider], [role=button]`;

const runOrPause = (store) =>
  store.state.running ? store.do("pause") : store.do("run", { per_second: store.state.per_second ?? null });
let on = true;

/** Open the list of keys; once it is closed, what opened it has the focus, though it may have been made anew meanwhile. */
export function openHelp() {
  const dialog = document.getElementById("help");
  const back = wayBack();
  dialog.onclose = back;
  dialog.showModal();
}

/** Mount the keys and their dialog. */
export function mountKeyboard(store) {
  on = remembered();
  fillHelp(store);
  document.addEventListener("keydown", (event) => {
    const action = actionOf(event, store);
    if (!action) return;
    event.preventDefault();
    action(store);
  });
}

/** The action of a key, or null: keys are never taken from what is written in, nor from who switched them off. */
function actionOf(event, store) {
  if (event.defaultPrevented || !store.state || event.altKey || event.isComposing) return null;
  const inside = event.target.closest?.(event.key === " " ? TAKES_SPACE : WRITES);
  if (inside) return null;
  if (event.ctrlKey || event.metaKey) {
    const key = event.shiftKey && event.key.toLowerCase() === "z" ? "y" : event.key;
    const chord = CHORDS.find(([name, , , command]) => name === key && store.can(command));
    return chord ? () => store.do(chord[3]) : null;
  }
  const found = on && KEYS.find(([key, , command]) => key === event.key.toLowerCase() && (!command || store.can(command)));
  return found ? found[3] : null;
}

function fillHelp(store) {
  const dialog = document.getElementById("help");
  const row = (key, words) => el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, key)), el("td", {}, text(words)));
  const toggle = el("input", { type: "checkbox", checked: on, onchange: () => remember((on = toggle.checked)) });
  dialog.append(el("h2", { id: "help-title" }, text("app.keys")), el("table", {}, el("tbody", {})));
  dialog.append(el("label", {}, toggle, ` ${text("app.keys.on")}`), button(text("app.close"), () => dialog.close(), { class: "main" }));
  store.on("state", () => {
    const there = KEYS.filter(([, , command]) => !command || store.can(command));
    const rows = there.map(([key, words]) => row(key === " " ? text("app.key.space") : key.toUpperCase(), words));
    rows.push(...CHORDS.filter((chord) => store.can(chord[3])).map(([, key, words]) => row(key, words)));
    rows.push(...ELSEWHERE.filter(([, , command]) => !command || store.can(command)).map(([key, words]) => row(key, words)));
    dialog.querySelector("tbody").replaceChildren(...rows);
  });
}

function remembered() {
  try {
    return !localStorage.getItem(OFF);
  } catch {
    return true;
  }
}

function remember(wanted) {
  try {
    if (wanted) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  } catch {
    // without storage the choice holds until the page is closed
  }
}
