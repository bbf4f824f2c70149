/** The runs of a page: which there are, which is selected, and what can be undone. */

import { BYTES, Branch } from "./branches.js";
import { text } from "../page/texts.js";

const MOST = 12, MOST_UNDONE = 50;

export class Runs {
  #made = 0;
  #done = [];
  #undone = [];

  constructor() {
    this.all = [];
    this.selected = null;
  }

  get canUndo() { return this.#done.length > 0; }
  get canRedo() { return this.#undone.length > 0; }

  newName() { return text("lesson.run", { number: (this.#made += 1) }); }

  find(name) {
    const found = this.all.find((branch) => branch.name === name);
    if (!found) throw new Error(text("lesson.no_run", { run: name }));
    return found;
  }

  add(branch) {
    this.#makeRoom();
    this.all = [...this.all, branch];
    this.selected = branch;
    for (const each of this.all) {
      each.allowed = BYTES / this.all.length;
      each.thin();
    }
  }

  /** Let the oldest run go that is not selected and that nobody gave a name, if there are as many as there may be. */
  #makeRoom() {
    if (this.all.length < MOST) return;
    const oldest = this.all.find((run) => run !== this.selected && !run.hasOwnName);
    if (!oldest) throw new Error(text("lesson.many_runs", { most: MOST }));
    this.all = this.all.filter((run) => run !== oldest);
    for (const run of this.all) if (run.parent === oldest.name) run.parent = oldest.parent;
  }

  /** Begin a run from its start, in the place of the selected one if that took no step. */
  begin(make, settings, difference) {
    const old = this.selected, replaces = old?.end === old?.first && old !== null;
    const branch = new Branch(replaces ? old.name : this.newName(), make, settings, { difference });
    if (!replaces) return this.add(branch);
    this.all = this.all.map((each) => (each === old ? branch : each));
    this.selected = branch;
  }

  /** Change the selected run from this step on, or where it was gone back in, a copy of it. */
  change(change, said) {
    const { selected } = this;
    if (selected.run.step < selected.end) this.add(selected.copy(this.newName(), said));
    this.selected.change(change, said);
  }

  branch(name) {
    if (name !== undefined && this.all.some((other) => other.name === name)) throw new Error(text("lesson.taken", { name }));
    this.add(this.selected.copy(name ?? this.newName(), ""));
    this.selected.hasOwnName = name !== undefined;
  }

  remove(name) {
    const gone = this.find(name);
    if (this.all.length === 1) throw new Error(text("lesson.last_run"));
    this.all = this.all.filter((branch) => branch !== gone);
    for (const branch of this.all) if (branch.parent === name) branch.parent = gone.parent;
    if (this.selected === gone) this.selected = this.all.find((branch) => branch.name === gone.parent) ?? this.all[0];
    this.#done = this.#undone = [];
  }

  rename(name, other) {
    const branch = this.find(name);
    if (this.all.some((each) => each.name === other)) throw new Error(text("lesson.taken", { name: other }));
    for (const each of this.all) if (each.parent === name) each.parent = other;
    Object.assign(branch, { name: other, hasOwnName: true });
  }

  /** Do something that can be undone; several changes at one step, such as those of a slider, are one. */
  undoable(work) {
    const before = this.#place(), result = work(), after = this.#place(), last = this.#done.at(-1);
    if (last?.after.branch === before.branch && last.after.step === before.step && after.branch === before.branch && before.step) last.after = after;
    else this.#done = [...this.#done, { before, after }].slice(-MOST_UNDONE);
    this.#undone = [];
    return result;
  }

  undo() {
    const pair = this.#done.at(-1);
    if (!pair) throw new Error(text("lesson.no_undo"));
    this.#done = this.#done.slice(0, -1);
    this.#undone = [...this.#undone, { ...pair, after: this.#place() }];
    this.#return(pair.before);
  }

  redo() {
    const pair = this.#undone.at(-1);
    if (!pair) throw new Error(text("lesson.no_undo"));
    this.#undone = this.#undone.slice(0, -1);
    this.#done = [...this.#done, pair];
    this.#return(pair.after);
  }

  #place() { return { ...this.selected.place(), all: this.all }; }

  #return({ all, branch, ...place }) {
    this.all = all;
    this.selected = branch;
    branch.return(place);
  }
}
