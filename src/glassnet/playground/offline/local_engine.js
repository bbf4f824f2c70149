/** The engine of a page without a server: commands and states as socket_engine.js has them, all computed here. */

import { Branch, maker } from "./branches.js";
import { decoded } from "./bytes.js";
import { edgeExplained, neuronExplained } from "./local_explain.js";
import { Frames } from "./local_frames.js";
import { describe, withSetting } from "./local_settings.js";
import { text } from "../page/texts.js";

const SLICE = 12; // milliseconds of training between two pictures of the screen
const MOST_STEPS = 10000; // asked for at once

/** The rows of a file: `{X, y, n, inputs}`. */
function rows(data) {
  return { X: decoded(data.X), y: decoded(data.y), n: data.n, inputs: data.inputs };
}

export class LocalEngine {
  #listeners = { state: [], frame: [], notice: [], findings: [], gone: [] };
  #free = true; // whether the last frame is on the screen
  #since = -1;
  #names = 0;
  #owed = 0;

  constructor(given) {
    this.given = given;
    this.state = given.state;
    this.capabilities = new Set(Object.keys(COMMANDS));
    this.state.capabilities = [...this.capabilities];
    this.data = { train: rows(given.rows.train), valid: rows(given.rows.valid) };
    this.make = maker(given, this.data.train, this.data.valid);
    this.frames = new Frames(given, this.data);
    this.runs = [];
    this.first();
    setTimeout(() => this.changed());
  }

  onState(listener) { this.#listeners.state.push(listener); }
  onFrame(listener) { this.#listeners.frame.push(listener); }
  onNotice(listener) { this.#listeners.notice.push(listener); }
  onFindings(listener) { this.#listeners.findings.push(listener); }
  onGone(listener) { this.#listeners.gone.push(listener); }
  retry() {}

  /** The newest frame is on the screen: the next may come. */
  painted() { this.#free = true; }

  async upload() { throw new Error(text("lesson.no_upload")); }

  /** Run a command: a promise of its result, refused with a sentence. */
  async send(command, args = {}) {
    if (!this.capabilities.has(command)) throw new Error(text("lesson.no_command", { command }));
    const result = COMMANDS[command](this, args);
    if (!command.startsWith("explain_")) this.changed();
    return result;
  }

  get branch() { return this.runs.find(({ name }) => name === this.state.run); }
  get settings() { return this.branch.run.settings; }

  emit(kind, value) {
    for (const listener of this.#listeners[kind]) listener(value);
  }

  /** The run that the file brings, where Python left it. */
  first() {
    const { given } = this, now = given.weights, start = given.start ?? now;
    const branch = this.add((settings) => this.make(settings, start), given.settings);
    if (now === start) return;
    branch.run.load(now);
    given.history.forEach((row) => branch.run.history.push(...row));
    branch.marks = []; // what lies before was computed elsewhere
    branch.keep();
  }

  add(make, settings, options) {
    const branch = new Branch(this.newName(), make, settings, options);
    this.adopt(branch);
    return branch;
  }

  adopt(branch) {
    this.runs.push(branch);
    this.state.run = branch.name;
    this.#since = -1;
  }

  newName() { return text("lesson.run", { number: (this.#names += 1) }); }

  /** Bring the state up to date and show it, with a frame. */
  changed() {
    const { state, branch } = this, { run } = branch;
    Object.assign(state, {
      revision: state.revision + 1, step: run.step, epoch: run.epoch, steps_per_epoch: run.stepsPerEpoch,
      diverged: Number.isFinite(run.last ?? 0) ? null : text("lesson.diverged", { step: run.step + 1, rate: run.settings.optimizer.learning_rate }),
      runs: this.runs.map(({ row }) => row), events: branch.events,
    });
    describe(state, run, this.given);
    this.#since = -1;
    this.emit("state", { ...state });
    this.show(true);
  }

  /** Give a frame away, unless the one before is not on the screen yet. */
  show(always = false) {
    if (!this.#free && !always) return;
    this.#free = false;
    const { run } = this.branch;
    const frame = this.frames.frame(run, this.state, this.#since);
    this.#since = run.step;
    this.emit("frame", frame);
  }

  /** Take a step; one whose loss is not finite ends the run. */
  advance() {
    if (this.branch.advance()) return true;
    this.state.running = false;
    return false;
  }

  /** Train between two pictures of the screen, until told to stop. */
  go() {
    if (this.looping) return;
    this.looping = true;
    let before = performance.now();
    const slice = () => {
      const { state } = this, begun = performance.now();
      let left = Infinity;
      if (state.per_second !== null) {
        this.#owed = Math.min(this.#owed + ((begun - before) / 1000) * state.per_second, state.per_second);
        left = Math.floor(this.#owed);
        this.#owed -= left;
      }
      before = begun;
      while (state.running && left-- > 0 && this.advance() && performance.now() - begun < SLICE);
      this.looping = state.running;
      if (!state.running) return this.changed();
      this.show();
      requestAnimationFrame(slice);
    };
    requestAnimationFrame(slice);
  }

  /** Go on with other settings: in this run, in a branch of it, or from new weights where shapes change. */
  replace(settings, said, isNew) {
    const { branch } = this, { run } = branch;
    if (isNew) this.add((those) => this.make(those, null), settings, { difference: said });
    else {
      if (run.step < branch.end) this.adopt(branch.copy(this.newName(), said));
      this.branch.change(settings, said);
    }
  }
}

const integer = (value, least, most = Infinity) => {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(text("lesson.not_a_number", { value }));
};

/** What the page can ask for: each command with the engine and its arguments. */
const COMMANDS = {
  step(engine, { batches = 1 }) {
    for (let left = integer(batches, 1, MOST_STEPS); left && engine.advance(); left--);
  },
  epoch(engine) {
    const { run } = engine.branch, { epoch } = run;
    while (run.epoch === epoch && engine.advance());
  },
  run(engine, { per_second = null }) {
    engine.state.per_second = per_second;
    engine.state.running = true;
    engine.go();
  },
  pause(engine) { engine.state.running = false; },
  go_to(engine, { step }) {
    engine.state.running = false;
    engine.branch.goTo(integer(step, 0));
  },
  restart(engine) {
    const { branch, runs } = engine, { name, make, parent, fromStep, difference, run } = branch;
    engine.state.running = false;
    runs[runs.indexOf(branch)] = new Branch(name, make, run.settings, { parent, fromStep, difference });
  },
  branch(engine, { name, path, value }) {
    const changed = path === undefined ? null : withSetting(engine, path, value);
    engine.adopt(engine.branch.copy(name ?? engine.newName(), changed?.said ?? ""));
    if (changed) engine.replace(changed.settings, changed.said, changed.isNew);
  },
  select(engine, { run }) {
    if (!engine.runs.some(({ name }) => name === run)) throw new Error(text("lesson.no_run", { run }));
    engine.state.run = run;
  },
  remove(engine, { run }) {
    if (engine.runs.length === 1) throw new Error(text("lesson.last_run"));
    engine.runs = engine.runs.filter(({ name }) => name !== run);
    if (engine.state.run === run) engine.state.run = engine.runs[0].name;
  },
  rename(engine, { run, name }) {
    if (engine.runs.some((other) => other.name === name)) throw new Error(text("lesson.taken", { name }));
    for (const branch of engine.runs) {
      if (branch.parent === run) branch.parent = name;
      if (branch.name === run) branch.name = name;
    }
    if (engine.state.run === run) engine.state.run = name;
  },
  set(engine, { path, value }) {
    const { settings, said, isNew } = withSetting(engine, path, value);
    engine.replace(settings, said, isNew);
  },
  view(engine, args) { Object.assign(engine.state.view, args); },
  explain_neuron: neuronExplained,
  explain_edge: edgeExplained,
  probe(engine, { row }) {
    const { train, valid } = engine.data, { state, given } = engine;
    const target = engine.frames.target(integer(row, 0, train.n + valid.n - 1));
    const part = text(row < train.n ? "lesson.training" : "lesson.validation");
    const shown = given.classes[target] ?? String(Number(target.toPrecision(6)));
    const values = [...engine.frames.row(row)].slice(0, 64);
    state.probe = { row, values, target, text: text("lesson.row", { row, part, name: given.target, value: shown }) };
  },
};
