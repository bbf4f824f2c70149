// What the page knows: the state and the newest frame of the engine, what is selected, which tab of the drawer is open.

import { text } from "./texts.js";

const KEPT = ["edges", "biases", "activations", "plane", "pictures", "strips", "predictions"];

/** State, frame and selection, and who listens to "state", "arrived", "frame", "selection", "highlight", "drawer", "notice", "done",
 *  "findings" and "gone". */
export class Store {
  #listeners = new Map();
  #newest = null;

  constructor(engine) {
    this.engine = engine;
    this.state = null;
    this.frame = null;
    this.step = 0; // where the network is that is shown: that of the state is renewed only with other changes
    this.selection = null;
    this.drawer = "explain";
    engine.onState((state) => this.#take(state));
    engine.onFrame((frame) => this.#keep(frame));
    engine.onNotice((words) => this.notice(words));
    engine.onFindings((findings) => this.#found(findings));
  }

  /** Call a function with the store at every event of a kind; returns what ends that. */
  on(kind, listener) {
    const listeners = this.#listeners.get(kind) ?? this.#listeners.set(kind, new Set()).get(kind);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit(kind, value) {
    for (const listener of this.#listeners.get(kind) ?? []) {
      try {
        listener(value, this);
      } catch (error) {
        reportError(error); // one panel that fails leaves the others alive
      }
    }
  }

  /** Whether the engine has a command; what it lacks is not shown. */
  can(command) {
    return this.engine.capabilities.has(command);
  }

  /** Run a command; a refusal becomes a notice, and the answer is then undefined. */
  do(command, args = {}) {
    return this.#tried(command, () => this.engine.send(command, args));
  }

  /** Give a file to the server; returns its id for `data`, or undefined after a notice. */
  upload(file) {
    return this.#tried("upload", () => this.engine.upload(file));
  }

  /** Do something; "done" tells that it succeeded: what was refused of it before is settled. */
  async #tried(what, action) {
    try {
      const found = await action();
      this.emit("done", what);
      return found;
    } catch (error) {
      this.notice(error.message, "refusal", what);
      return undefined;
    }
  }

  /** Show one sentence, as news or as a refusal of a command. */
  notice(words, kind = "news", of = "") {
    this.emit("notice", { words, kind, of });
  }

  /** Select a neuron, an edge or a layer (null: nothing), and show what explains it. */
  select(selection, { open = true } = {}) {
    this.selection = selection;
    if (selection && open) this.open("explain");
    this.emit("selection", selection);
  }

  /** Open a tab of the drawer: "explain", "findings" or "code". */
  open(tab) {
    if (this.drawer === tab) return;
    this.drawer = tab;
    this.emit("drawer", tab);
  }

  /** Take the newest frame to be painted: sections that did not come are those of the frame before it,
   *  but for `losses` and `epochs`, which are what is new. Returns whether there was one. */
  paint() {
    const fresh = this.#newest;
    this.#newest = null;
    if (!fresh || fresh.revision !== this.state?.revision) return false;
    const before = this.frame?.revision === fresh.revision ? this.frame : {};
    const kept = Object.fromEntries(KEPT.map((name) => [name, fresh[name] ?? before[name]]));
    this.frame = { ...fresh, ...kept };
    this.step = fresh.step;
    this.emit("frame", this.frame);
    return true;
  }

  #take(state) {
    this.state = state;
    this.step = state.step;
    this.emit("state", state);
  }

  #keep(frame) {
    this.#newest = frame;
    this.emit("arrived", frame);
  }

  #found(findings) {
    if (this.state) this.state.findings = findings;
    this.emit("findings", findings);
  }

  /** The sentence of a network that diverged, or null. */
  get diverged() {
    const said = this.state?.diverged;
    return said ? (typeof said === "string" ? said : text("app.diverged")) : null;
  }
}

/** The newest loss of a frame up to its step, of a batch or else of an epoch, or null where it brings none. */
export function newestLoss({ step, losses, epochs }) {
  const newest = (rows, width) => {
    const place = rows?.findLastIndex((at, i) => i % width === 0 && at <= step) ?? -1;
    return place < 0 ? null : rows[place + 1];
  };
  return newest(losses, 2) ?? newest(epochs, 4);
}
