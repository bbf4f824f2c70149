/** The engine of a page without a server: commands and states as socket_engine.js has them, all computed here. */

import { maker } from "./branches.js";
import { decoded } from "./bytes.js";
import { COMMANDS, QUESTIONS, RELAYING } from "./local_commands.js";
import { Frames } from "./local_frames.js";
import { describe } from "./local_settings.js";
import { Runs } from "./runs.js";
import { text } from "../page/texts.js";

const SLICE = 12; // milliseconds of training between two pictures of the screen

/** The rows of a file: `{X, y, n, inputs}`. */
const rows = ({ X, y, n, inputs }) => ({ X: decoded(X), y: decoded(y), n, inputs });

export class LocalEngine {
  #listeners = { state: [], frame: [], notice: [], findings: [], gone: [] };
  #free = true; // whether the last frame is on the screen
  #since = -1;
  #owed = 0;
  #looping = false;

  constructor(given) {
    this.given = given;
    this.state = given.state;
    const isPlain = given.settings.layers.every(({ class: kind }) => kind !== "Activation");
    this.capabilities = new Set(Object.keys(COMMANDS).filter((command) => isPlain || !RELAYING.includes(command)));
    this.state.capabilities = [...this.capabilities];
    this.data = { train: rows(given.rows.train), valid: rows(given.rows.valid) };
    this.make = maker(given, this.data.train, this.data.valid);
    this.frames = new Frames(given, this.data);
    this.runs = new Runs();
    this.goal = null; // a function that says of a run whether it has reached the goal of the lesson
    this.#first();
    const soon = globalThis.requestAnimationFrame ?? setTimeout; // what stands in the file is seen before anything is computed
    soon(() => setTimeout(() => this.changed()));
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
    if (!QUESTIONS.has(command)) this.changed();
    return result;
  }

  get branch() { return this.runs.selected; }
  get settings() { return this.branch.run.settings; }

  /** The run that the file brings, where Python left it. */
  #first() {
    const { given, runs } = this, now = given.weights, start = given.start ?? now;
    runs.begin((settings) => this.make(settings, start), given.settings, "");
    if (now === start) return;
    const branch = runs.selected;
    branch.run.load(now);
    given.history.forEach((row) => branch.run.history.push(...row.map((value) => value ?? NaN)));
    branch.marks = []; // what lies before was computed elsewhere
    branch.keep();
  }

  #emit(kind, value) {
    for (const listener of this.#listeners[kind]) listener(value);
  }

  /** Bring the state up to date and show it, with a frame. */
  changed() {
    const { state, runs, branch } = this, { run } = branch, rate = run.settings.optimizer.learning_rate;
    Object.assign(state, {
      revision: state.revision + 1, run: branch.name, step: run.step, epoch: run.epoch, steps_per_epoch: run.stepsPerEpoch,
      diverged: Number.isFinite(run.last ?? 0) ? null : text("lesson.diverged", { step: run.step + 1, rate }),
      runs: runs.all.map(({ row }) => row), events: branch.events, can_undo: runs.canUndo, can_redo: runs.canRedo,
    });
    describe(state, run, this.given);
    this.#since = -1;
    this.#emit("state", { ...state });
    this.show(true);
  }

  /** Give a frame away, unless the one before is not on the screen yet. */
  show(always = false) {
    if (!this.#free && !always) return;
    this.#free = false;
    const { run } = this.branch, frame = this.frames.frame(run, this.state, this.#since);
    this.#since = run.step;
    this.#emit("frame", frame);
  }

  /** Take a step; one whose loss is not finite ends the run. */
  advance = () => {
    const isFinite = this.branch.advance();
    if (isFinite) this.checkGoal();
    else this.state.running = false;
    return isFinite;
  };

  /** Keep in mind where the run first reached the goal: a run that is gone through again may not know all its epochs. */
  checkGoal() {
    const { branch } = this;
    if (branch.goalAt === null && this.goal?.(branch.run)) branch.goalAt = branch.run.step;
  }

  /** Pause where the run first reached the goal; it goes on from there if it is told to run again. */
  #pauses() {
    if (this.branch.run.step !== this.branch.goalAt) return false;
    this.state.running = false;
    return true;
  }

  /** Train between two pictures of the screen, until told to stop. */
  go() {
    if (this.#looping) return;
    this.#looping = true;
    let before = performance.now();
    const slice = () => {
      const { state } = this, begun = performance.now(), isPaced = state.per_second !== null;
      if (isPaced) this.#owed = Math.min(this.#owed + ((begun - before) / 1000) * state.per_second, Math.max(state.per_second, 1));
      let left = isPaced ? Math.floor(this.#owed) : Infinity;
      if (isPaced) this.#owed -= left;
      before = begun;
      while (state.running && left-- > 0 && this.advance() && !this.#pauses() && performance.now() - begun < SLICE);
      this.#looping = state.running;
      if (!state.running) return this.changed();
      this.show();
      requestAnimationFrame(slice);
    };
    requestAnimationFrame(slice);
  }
}
