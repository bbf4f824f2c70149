/** What the page of one file can be asked for: each command with the engine and its arguments. */

import { showAxes } from "./local_axes.js";
import { edgeExplained, layerExplained, neuronExplained } from "./local_explain.js";
import { numberChecked, stopExplained } from "./local_microscope.js";
import { name as layerName, withLayers, withSetting } from "./local_settings.js";
import { tableOf } from "./local_tables.js";
import { text } from "../page/texts.js";

const MOST_STEPS = 10000; // asked for at once

function integer(value, least, most = Infinity) {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(text("lesson.not_a_number", { value }));
}

/** Go on with other settings: in this run, in a branch of it, or from the start where weights are others. */
function replace({ runs, make }, { settings, said, isNew }) {
  const { run } = runs.selected;
  if (!isNew && run.step > 0) return runs.change({ settings }, said);
  const { make: same } = runs.selected;
  return runs.begin(isNew ? (those) => make(those, null) : same, settings, said);
}

const RUN = {
  step({ advance }, { batches = 1 }) {
    for (let left = integer(batches, 1, MOST_STEPS); left && advance(); left--);
  },
  epoch({ advance, runs }) {
    const { run } = runs.selected, { epoch } = run;
    while (run.epoch === epoch && advance());
  },
  run(engine, { per_second = null }) {
    Object.assign(engine.state, { per_second, running: true });
    engine.go();
  },
  pause({ state }) { state.running = false; },
  go_to({ runs, state }, { step }) {
    state.running = false;
    runs.selected.goTo(integer(step, 0));
  },
  restart({ runs, state }) {
    const { selected } = runs;
    state.running = false;
    if (!selected.events.length && selected.first === 0) return selected.goTo(0);
    return runs.undoable(() => runs.begin(selected.make, selected.run.settings, text("lesson.from_start")));
  },
  reseed(engine, { seed }) { RUN.set(engine, { path: "seed", value: seed ?? Number(engine.settings.seed) + 1 }); },
  set(engine, { path, value }) {
    const changed = withSetting(engine, path, value);
    engine.runs.undoable(() => replace(engine, changed));
  },
  set_weight({ runs }, { parameter, index, value }) {
    const [name, part] = parameter.split(/\.(?=\w+$)/), [row, column] = index;
    const layer = runs.selected.run.network.layers.find((each) => each.name === name && each.kind === "Dense");
    if (!layer || !Number.isFinite(value)) throw new Error(text("lesson.refused", { name: parameter, value }));
    const at = part === "bias" ? layer.bias + integer(column, 0, layer.to - 1) : layer.weight + integer(row, 0, layer.from - 1) * layer.to + column;
    runs.undoable(() => runs.change({ at, value }, `${parameter}[${index.join(", ")}] = ${value}`));
  },
};

const LAYERS = {
  add_layer(engine, { at, kind, config = {} }) {
    const entry = { ...engine.given.kinds[kind]?.entry, ...config };
    if (!entry.class) throw new Error(text("lesson.no_setting", { path: kind }));
    relay(engine, (layers) => layers.splice(integer(at, 0, layers.length), 0, entry), text("lesson.added", { name: layerName(entry) }));
  },
  remove_layer(engine, { at }) {
    const { layers } = engine.settings;
    relay(engine, (those) => those.splice(integer(at, 0, layers.length - 1), 1), text("lesson.removed", { name: layerName(layers[at]) }));
  },
  move_layer(engine, { from, to }) {
    const { layers } = engine.settings, last = layers.length - 1;
    const move = (those) => those.splice(integer(to, 0, last), 0, ...those.splice(integer(from, 0, last), 1));
    relay(engine, move, text("lesson.moved", { name: layerName(layers[from]) }));
  },
};

/** Begin a run with other layers. */
function relay(engine, change, said) {
  const settings = withLayers(engine.settings, change);
  engine.runs.undoable(() => replace(engine, { settings, said, isNew: true }));
}

const TREE = {
  branch(engine, { name, path, value }) {
    const changed = path === undefined ? null : withSetting(engine, path, value);
    engine.runs.undoable(() => {
      engine.runs.branch(name);
      if (changed) replace(engine, changed);
      engine.runs.selected.difference = changed?.said ?? "";
    });
    return { run: engine.runs.selected.name };
  },
  select({ runs }, { run }) { runs.selected = runs.find(run); },
  remove({ runs }, { run }) { runs.remove(run); },
  rename({ runs }, { run, name }) { runs.rename(run, name); },
  undo({ runs }) { runs.undo(); },
  redo({ runs }) { runs.redo(); },
  curves({ runs }) {
    const rows = (numbers, width) => Array.from({ length: numbers.length / width }, (_, k) => [...numbers.slice(k * width, (k + 1) * width)]);
    return { runs: runs.all.map(({ name, run }) => ({ name, losses: rows(run.losses.since(0), 2), epochs: rows(run.history.since(0), 4) })) };
  },
};

const LOOK = {
  axes: showAxes,
  view({ state }, args) { Object.assign(state.view, args); },
  probe({ data: { train, valid }, frames, state, given }, { row }) {
    const target = frames.target(integer(row, 0, train.n + valid.n - 1));
    const part = text(row < train.n ? "lesson.training" : "lesson.validation");
    const shown = given.classes[target] ?? String(Number(target.toPrecision(6)));
    const values = [...frames.row(row)].slice(0, 64);
    state.probe = { row, values, target, text: text("lesson.row", { row, part, name: given.target, value: shown }) };
  },
  numbers: tableOf,
  explain_neuron: neuronExplained,
  explain_edge: edgeExplained,
  explain_layer: layerExplained,
  microscope: stopExplained,
  check_number: numberChecked,
  /** The Python of the start, and in words what was done since. */
  code({ given, runs }) {
    const { events, run, first } = runs.selected;
    const since = [...events.map(({ step, text: said }) => `# ${text("lesson.at_step", { step })}: ${said}`)];
    if (run.step > first) since.push(`# ${text("lesson.steps_here", { steps: run.step - first })}`);
    return { python: [given.code.trimEnd(), ...since].join("\n") + "\n" };
  },
};

export const COMMANDS = { ...RUN, ...LAYERS, ...TREE, ...LOOK };
/** Commands for networks of dense layers and dropout only. */
export const RELAYING = Object.keys(LAYERS);
/** Commands that leave everything as it is. */
export const QUESTIONS = new Set(["curves", "numbers", "explain_neuron", "explain_edge", "explain_layer", "microscope", "check_number", "code"]);
