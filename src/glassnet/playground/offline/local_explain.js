/** A neuron, an edge or a layer, explained in the page as selected.py does it. */

import { lastLayer } from "./local_frames.js";
import { Look, place } from "./local_lines.js";
import { text } from "../page/texts.js";

const MOST_ROWS = 64;

/** Which rows a step is worked on. */
export const batchData = ({ rows, n }) => ({ rows: rows.slice(0, MOST_ROWS), of: n, notes: [] });

/** The sum behind the value of a neuron, for the row that is shown. */
export function neuronExplained(engine, { layer = null, unit, digits = 4 }) {
  const look = new Look(engine, digits), { network, columns, state } = look, row = state.probe.row, X = look.frames.row(row);
  const column = layer === null ? 0 : columns.findIndex(({ name }) => name === layer);
  const known = { kind: "neuron", layer, unit, name: look.names(column)[unit], row, mode: "predict", shapes: [], edges: [], bias: null, lines: [] };
  network.forward(X, 1);
  if (column === 0) return { ...known, value: X[unit] };
  const found = look.layer(layer), { index: k, from, to, bias } = found;
  const lines = [look.sum(found, 0, unit, look.names(column - 1))];
  for (let at = k; at <= lastLayer(columns[column]); at++) lines.push(look.value(network.layers[at], 0, unit));
  if (column === columns.length - 1) lines.push(look.answer(network.link(network.layers.at(-1).A, 1), 0, unit));
  const shapes = [[`W${k + 1}`, `${from} x ${to}`], ...(bias < 0 ? [] : [[`b${k + 1}`, `1 x ${to}`]]), [`Z${k + 1}`, `1 x ${to}`]];
  const shown = lines.filter(Boolean);
  return {
    ...known, value: shown.at(-1).value, lines: shown, shapes: shapes.map(([symbol, shape]) => ({ symbol, shape })),
    edges: [{ parameter: `${layer}.weight`, from: null, to: unit }], bias: bias < 0 ? null : `${layer}.bias`,
  };
}

/** The slope of a weight in the next step, and its update. */
export function edgeExplained(engine, { parameter, from = null, to, digits = 4 }) {
  const look = new Look(engine, digits), { network, columns } = look, [name, part] = parameter.split(/\.(?=\w+$)/);
  const layer = look.layer(name), isBias = part === "bias", row = isBias ? null : from, step = look.step();
  const delta = [look.slopeIn(layer, 0, to), look.slope(layer, 0, to)];
  const column = columns.findIndex((each) => each.name === name);
  return {
    kind: "edge", parameter, from, to, symbol: `${isBias ? "b" : "W"}${layer.index + 1}`, mode: "train", ...batchData(step),
    value: network.params[place(layer, row, to)],
    names: [row === null ? "" : look.names(column - 1)[row], `${name}[${to}]`],
    lines: { delta: delta.filter(Boolean), slope: look.gradient(layer, row, to), update: look.update(layer, row, to) },
  };
}

/** What a layer computes: the words of its documentation, shapes and equations. */
export function layerExplained(engine, { layer: name }) {
  const look = new Look(engine, 4), layer = look.network.layers.find((each) => each.name === name);
  if (!layer) throw new Error(text("lesson.no_setting", { path: name }));
  const { from, to, bias, kind } = layer, step = look.step(), shapes = { W: `${from} x ${to}`, b: `1 x ${to}` };
  const shapeOf = (symbol) => shapes[/([Wb])\d/.exec(symbol)?.[1]] ?? `${step.n} x ${to}`;
  const parameters = kind === "Dense" ? [{ name: `${name}.weight`, shape: [from, to] }, ...(bias < 0 ? [] : [{ name: `${name}.bias`, shape: [1, to] }])] : [];
  const equations = linesOf(look, layer).map(({ symbol, formula, remark }) => ({ symbol, formula, remark, shape: shapeOf(symbol) }));
  return {
    ...engine.given.about[kind === "Activation" ? name : kind], kind: "layer", layer: name, shapes: { in: [from], out: [to] }, parameters,
    n_parameters: parameters.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0), equations, ...batchData(step),
  };
}

/** One line of each kind that a layer has in a step. */
function linesOf(look, layer) {
  const isDense = layer.kind === "Dense";
  const forward = [isDense && look.sum(layer, 0, 0), look.value(layer, 0, 0)], back = [look.slope(layer, 0, 0)];
  const gradients = isDense ? [...look.gradient(layer, 0, 0), ...(layer.bias < 0 ? [] : look.gradient(layer, null, 0))] : [];
  return [...forward, ...back, ...gradients].filter(Boolean);
}
