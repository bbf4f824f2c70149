// Editors of options, as the state describes them: {path, label, type, value, choices?, minimum?, maximum?}.

import { el } from "./dom.js";
import { numberField } from "./numbers.js";
import { text } from "./texts.js";

const made = new WeakMap(); // editors of each element, by path

/** Show options in an element, as labelled inputs; `change(path, value)` is called with what was chosen or typed and may
 *  return a promise. Called again with the options of a new state, it keeps the inputs, and what is being typed. */
export function showOptions(root, options, change) {
  const before = made.get(root) ?? new Map();
  const editors = new Map();
  for (const option of options) {
    const known = before.get(option.path);
    const editor = known && known.same(option) ? known : new Editor(option);
    editor.change = change;
    editor.show(option);
    editors.set(option.path, editor);
  }
  made.set(root, editors);
  const wanted = [...editors.values()].map((editor) => editor.label);
  if (wanted.length !== root.children.length || wanted.some((label, i) => label !== root.children[i])) {
    const focus = document.activeElement?.dataset?.path;
    root.replaceChildren(...wanted);
    if (focus) editors.get(focus)?.input.focus();
  }
  root.classList.add("options");
}

/** What is said of a value: the library's own choice has no name. */
const word = (value) => (value === null ? text("code.automatic") : String(value).replaceAll("_", " "));

class Editor {
  constructor(option) {
    this.choices = JSON.stringify(option.choices ?? null);
    this.option = option;
    const { input, label } = this.#build(option);
    this.input = input;
    this.label = label;
    input.dataset.path = option.path;
    if (!this.isNumber) input.onchange = () => this.#commit();
  }

  get isNumber() {
    return this.option.type === "number" || this.option.type === "integer";
  }

  #build(option) {
    const { type, label, choices } = option;
    const name = el("span", {}, label);
    if (type === "flag") {
      const input = el("input", { type: "checkbox" });
      return { input, label: el("label", { class: "option flag" }, input, name) };
    }
    const input =
      type === "choice"
        ? el("select", {}, choices.map((value, i) => el("option", { value: String(i) }, word(value))))
        : numberField(option, (value) => this.change(this.option.path, value), { placeholder: option.optional ? text("app.none") : null });
    return { input, label: el("label", { class: "option" }, name, input) };
  }

  /** Whether the same input can show another state of its option. */
  same(option) {
    return option.type === this.option.type && option.label === this.option.label && JSON.stringify(option.choices ?? null) === this.choices;
  }

  show(option) {
    this.option = option;
    this.#write();
  }

  #write() {
    const { type, value, choices } = this.option;
    if (this.isNumber) this.input.inForce = value;
    else if (type === "flag") this.input.checked = value;
    else this.input.value = String(choices.indexOf(value));
    const words = type === "choice" ? word(value) : String(value ?? "");
    this.label.style.setProperty("--letters", type === "choice" ? words.length : Math.ceil(1.25 * words.length)); // digits are wide
  }

  /** Give the value away; where it is refused, the one in force is shown again. */
  async #commit() {
    const { type, path, choices } = this.option;
    try {
      await this.change(path, type === "flag" ? this.input.checked : choices[Number(this.input.value)]);
    } finally {
      this.#write();
    }
  }
}
