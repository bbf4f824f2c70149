/** Runs as branches of a tree, each with a ring of checkpoints: every step can be gone back to. */

import { Run } from "./run.js";

export const BYTES = 16e6; // of all checkpoints of all branches
const DENSE = 200; // steps of which each is kept; after that one in so many parts of the way so far

/** One run, and how to get to each of its steps; `make` gives a new run at its first step, with settings. */
export class Branch {
  constructor(name, make, settings, { parent = null, fromStep = 0, difference = "" } = {}) {
    Object.assign(this, { name, make, parent, fromStep, difference, marks: [], events: [], allowed: BYTES });
    this.run = make(settings);
    this.end = 0;
    this.goalAt = null; // the step where it first reached the goal of a lesson
    this.keep();
  }

  /** What the state says of it. */
  get row() {
    const { name, parent, fromStep, end, run, difference } = this;
    return { name, parent, from_step: fromStep, steps: end, step: run.step, difference };
  }

  get first() { return this.marks[0].counters.step; }

  /** Keep the step where the run is, if it is one to be kept. */
  keep() {
    const { run, marks } = this, { step } = run, last = marks.at(-1)?.counters.step ?? -1;
    this.end = Math.max(this.end, step);
    if (step <= last || (step > DENSE && step - last < step / DENSE)) return;
    marks.push(run.snapshot());
    this.thin();
  }

  /** Let every second checkpoint go while they are more than allowed; the first and the last stay. */
  thin() {
    const { network } = this.run, each = 8 * network.size * (1 + Object.keys(network.state).length) + 200;
    while (this.marks.length > 2 && this.marks.length * each > this.allowed) {
      const last = this.marks.length - 1;
      this.marks = this.marks.filter((_, i) => i % 2 === 0 || i === last);
    }
  }

  /** Take one step; returns whether its loss was finite. */
  advance() {
    const loss = this.run.advance();
    if (Number.isFinite(loss)) this.keep();
    return Number.isFinite(loss);
  }

  /** Go to a step: to the checkpoint before it, and from there step by step. */
  goTo(step, anew = false) {
    const { run } = this, wanted = Math.max(this.first, Math.min(step, this.end));
    const mark = this.marks.findLast(({ counters }) => counters.step <= wanted);
    if (anew || run.step > wanted || run.step < mark.counters.step) run.restore(mark);
    while (run.step < wanted) run.advance();
  }

  /** A copy of this run at the step where it is. */
  copy(name, difference) {
    const { run } = this, { step } = run;
    const other = new Branch(name, this.make, run.settings, { parent: this.name, fromStep: step, difference });
    other.marks = this.marks.filter(({ counters }) => counters.step <= step);
    other.events = this.events.filter((event) => event.step <= step);
    if (this.goalAt <= step) other.goalAt = this.goalAt;
    other.run.history = run.history.upTo(step);
    other.run.losses = run.losses.upTo(step);
    other.run.changes = run.changes.filter((change) => change.step <= step);
    other.run.restore(run.snapshot());
    other.keep();
    return other;
  }

  /** Make a change from the next step on: `{settings}`, or `{at, value}` of one parameter. */
  change(change, text) {
    const { run } = this, { step } = run;
    run.changes.push({ step, ...change });
    run.apply(change);
    this.events.push({ step, text });
    this.marks = this.marks.filter(({ counters }) => counters.step < step);
    this.marks.push(run.snapshot());
  }

  /** What takes the run back to where it is, whatever is changed in it later. */
  place() {
    const { end, goalAt, events, run, name } = this;
    return { branch: this, name, step: run.step, end, goalAt, events: [...events], changes: [...run.changes], mark: run.snapshot() };
  }

  return({ name, step, end, goalAt, events, changes, mark }) {
    const { run } = this, differs = firstDifference(this.events, events);
    const kept = this.marks.filter(({ counters }) => counters.step < differs && counters.step <= end && counters.step !== step);
    const marks = [...kept, mark].sort((one, other) => one.counters.step - other.counters.step);
    Object.assign(this, { name, end, goalAt, events: [...events], marks });
    run.changes = [...changes];
    run.history = run.history.upTo(Math.min(end, differs));
    run.losses = run.losses.upTo(Math.min(end, differs));
    run.restore(this.marks.findLast(({ counters }) => counters.step <= Math.min(step, differs)) ?? mark);
    this.goTo(step);
  }
}

/** The step from which on two lists of events are not the same. */
function firstDifference(events, others) {
  const at = events.findIndex((event, i) => event !== others[i]);
  if (at >= 0) return Math.min(events[at].step, others[at]?.step ?? Infinity);
  return others[events.length]?.step ?? Infinity;
}

/** A function that makes new runs of a lesson's data with settings, from its weights or from the seed. */
export function maker(given, train, valid) {
  return (settings, weights) => {
    const run = new Run(settings, train, valid, given.score);
    if (weights) run.load(weights);
    else run.network.draw(run.streams.initialisation());
    return run;
  };
}
