/** What a page without a server can set, checked; and the state's view of the settings that a run has. */

import { uniformLimit } from "./nn.js";
import { text } from "../page/texts.js";

const BELOW_ONE = /^optimizer\.(momentum|beta1|beta2|rho)$|\.rate$|label_smoothing$/;
const ABOVE_ZERO = /^optimizer\.eps$|^loss\.delta$/;
const NEEDS_WEIGHTS = /^seed$|^layers\.\d+\.(activation|units)$/;
const LAST = 4; // of the shown units one in so many is one of the last, as in view.py

/** Settings with one of them changed, what is said of that, and whether it takes new weights. */
export function withSetting({ settings, state, given }, path, value) {
  const option = optionsOf(state).find((each) => each.path === path);
  if (!option) throw new Error(text("lesson.no_setting", { path }));
  check(option, value);
  const made = structuredClone(settings), isNew = NEEDS_WEIGHTS.test(path);
  if (path === "optimizer.kind") made.optimizer = structuredClone(given.optimizers[value].entry);
  else if (path === "loss") made.loss = structuredClone(given.losses[value].entry);
  else if (path === "seed") made.seed = String(value);
  else if (path.endsWith(".trainable")) {
    const layer = made.layers[Number(path.split(".")[1])];
    layer.tuning = { ...layer.tuning, trainable: value };
  } else {
    const parts = path.split("."), last = parts.pop();
    parts.reduce((part, name) => part[name], made)[last] = value;
  }
  if (made.optimizer.nesterov && !made.optimizer.momentum) throw new Error(text("lesson.nesterov"));
  if (isNew) refuseUndrawable(made);
  return { settings: made, isNew, said: `${label(path)} ${shown(valueAt(settings, path))} → ${shown(value)}` };
}

/** Weights can be drawn as Python draws them from uniform distributions only. */
function refuseUndrawable({ layers }) {
  const found = layers.find((layer) => layer.class === "Dense" && uniformLimit(layer, 1, 1) === null);
  if (found) throw new Error(text("lesson.undrawable", { name: found.name }));
}

function check({ path, label: name, type, choices, minimum = -Infinity, maximum = Infinity, optional = false }, value) {
  if (optional && value === null) return;
  const isNumber = type === "integer" ? Number.isInteger(value) : Number.isFinite(value);
  const inside = value >= minimum && value <= maximum && !(BELOW_ONE.test(path) && value >= 1) && !(ABOVE_ZERO.test(path) && value <= 0);
  const fits = type === "choice" ? choices.includes(value) : type === "flag" ? typeof value === "boolean" : isNumber && inside;
  if (!fits) throw new Error(text("lesson.refused", { name, value }));
}

/** Settings with other layers: those of `change`, which is given a copy of the list. The last one makes the outputs and stays. */
export function withLayers(settings, change) {
  const made = structuredClone(settings), last = made.layers.at(-1), counts = {};
  change(made.layers);
  if (made.layers.at(-1) !== last) throw new Error(text("lesson.last_layer"));
  for (const layer of made.layers) {
    counts[layer.class] = (counts[layer.class] ?? 0) + 1;
    layer.name = `${layer.class.toLowerCase()}_${counts[layer.class]}`;
  }
  refuseUndrawable(made);
  return made;
}

/** Lay out layers, columns and edges of a state anew. */
function lay({ network }, { network: { layers } }, given) {
  const [input] = network.columns, { names, link } = network.columns.at(-1), columns = [input], edges = [];
  let waiting = [];
  for (const { kind, name: called, index } of layers) {
    const chip = { label: "", at: index, before: columns.length === 1 };
    if (kind === "Dense") {
      edges.push({ from: columns.length - 1, to: columns.length, parameter: `${called}.weight` });
      columns.push({ name: called, layer: called, at: index, chips: waiting, added: null, names: null, link: "" });
      waiting = [];
    } else (chip.before ? waiting : columns.at(-1).chips).push(chip);
  }
  Object.assign(columns.at(-1), { names, link });
  const options = (kind, index) => structuredClone(given.kinds[kind].options).map((option) => ({ ...option, path: option.path.replace("layers.0.", `layers.${index}.`) }));
  const all = layers.map(({ kind, name: called, index }) => ({ name: called, kind, options: options(kind, index) }));
  Object.assign(network, { columns, edges, layers: all });
}

/** All options of a state. */
function optionsOf({ network: { layers = [], loss, loss_options = [], optimizer, options = [] } }) {
  const ofOptimizer = optimizer ? [optimizer.kind, ...optimizer.options] : [];
  const ofLoss = loss?.choices.length > 1 ? [loss, ...loss_options] : loss_options;
  return [...layers.flatMap((layer) => layer.options), ...ofLoss, ...ofOptimizer, ...options];
}

function valueAt(settings, path) {
  const parts = path.split(".");
  if (path === "optimizer.kind") return settings.optimizer.class;
  if (path === "loss") return lossName(settings);
  if (path === "seed") return Number(settings.seed);
  if (parts[2] === "trainable") return settings.layers[parts[1]].tuning?.trainable ?? true;
  return parts.reduce((part, name) => part?.[name], settings);
}

/** The name of the loss, as Python has it. */
const lossName = ({ loss }) => loss.class.replace(/\B[A-Z]/g, "_$&").toLowerCase();

/** Bring options, columns and edges of a state up to date with the settings of a run. */
export function describe(state, run, given) {
  const { network } = state, { settings } = run;
  const kind = settings.optimizer.class;
  if (network.optimizer && network.optimizer.kind.value !== kind && given.optimizers?.[kind]) {
    network.optimizer = { ...network.optimizer, options: structuredClone(given.optimizers[kind].options) };
  }
  const loss = lossName(settings);
  if (network.loss && network.loss.value !== loss && given.losses?.[loss]) network.loss_options = structuredClone(given.losses[loss].options);
  const sign = (layers) => layers.map(({ kind, name: called }) => `${kind} ${called}`).join();
  if (network.layers && sign(network.layers) !== sign(run.network.layers)) lay(state, run, given);
  for (const option of optionsOf(state)) option.value = valueAt(settings, option.path);
  network.layers?.forEach((layer, at) => Object.assign(layer, facts(run.network.layers[at], settings.layers[at])));
  network.parameters = run.network.size;
  for (const column of network.columns) {
    if (column.layer) Object.assign(column, drawn(run.network.layers[column.at], settings.layers[column.at]));
    if (column.layer) column.value = isSum(settings.layers, column) ? "sum" : "activation";
    for (const chip of column.chips ?? []) if (settings.layers[chip.at].class === "Dropout") chip.label = name(settings.layers[chip.at]);
    column.shown = shownUnits(column.units, state.view.most_units);
  }
  for (const edge of network.edges) {
    edge.rows = network.columns[edge.from].shown.length;
    edge.columns = network.columns[edge.to].shown.length;
  }
}

function facts({ kind, from, to, bias }, options) {
  const found = { shape: [to], parameters: kind === "Dense" ? from * to + (bias < 0 ? 0 : to) : 0 };
  return kind === "Activation" ? found : { ...found, label: name(options) };
}

/** What a layer is called: "Dense 8, tanh", "Dropout 0.2". */
export const name = ({ class: kind, rate, units, activation }) => kind === "Dropout" ? `Dropout ${Number(rate.toPrecision(6))}` : `Dense ${units}${activation === "identity" ? "" : `, ${activation}`}`;

function drawn({ to, bias }, options) {
  const sum = `X @ W${bias < 0 ? "" : " + b"}`;
  return { units: to, label: name(options), formula: options.activation === "identity" ? sum : `${options.activation}(${sum})` };
}

/** Whether no activation function has been applied to the values of a column. */
function isSum(layers, { at, chips = [] }) {
  return layers[at].activation === "identity" && chips.every((chip) => chip.before || layers[chip.at].class === "Dropout");
}

function shownUnits(units, most) {
  const all = Array.from({ length: units }, (_, i) => i), last = Math.floor(most / LAST);
  return units <= most ? all : [...all.slice(0, most - last), ...all.slice(units - last)];
}

function label(path) {
  const parts = path.split(".");
  return `${parts[0] === "layers" ? text("lesson.layer", { number: Number(parts[1]) + 1 }) + " " : ""}${path === "optimizer.kind" ? "optimizer" : parts.at(-1)}`;
}

const WORDS = new Map([[true, "True"], [false, "False"], [null, "none"]]); // as in the events that Python makes
const shown = (value) => WORDS.get(value) ?? (typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value));
