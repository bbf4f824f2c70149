/** The numbers behind each drawing as a table, as in tables.py. */

import { text } from "../page/texts.js";

const MOST_ROWS = 2000;
const number = (value) => (Number.isFinite(value) ? value : null);

export function tableOf({ runs, state, frames }, { what }) {
  const { run } = runs.selected, { columns, edges } = state.network;
  const unit = (column, place) => columns[column].names?.[place] ?? place + 1;
  let names, rows;
  if (what === "history") {
    const numbers = run.history.since(0);
    names = ["step", "loss", "valid_loss", "valid_score"];
    rows = Array.from({ length: numbers.length / 4 }, (_, k) => [...numbers.slice(4 * k, 4 * k + 4)].map(number));
  } else if (what === "activations") {
    const values = frames.values(run, columns, frames.row(state.probe.row), 1);
    names = ["layer", "unit", "value"];
    rows = columns.flatMap(({ name, shown }, k) => shown.map((place) => [name, unit(k, place), number(values[k][place])]));
  } else {
    const block = edges.find(({ parameter }) => what === `edges:${parameter}`), flat = frames.quantity(run, state.view.edges);
    if (!block) throw new Error(text("lesson.no_setting", { path: what }));
    const found = flat && frames.block(run.network, flat, block, columns), width = block.columns;
    names = ["from", "to", state.view.edges];
    rows = [...(found ?? [])].map((value, i) => {
      const [row, column] = [Math.floor(i / width), i % width];
      return [unit(block.from, columns[block.from].shown[row]), unit(block.to, columns[block.to].shown[column]), number(value)];
    });
  }
  return { what, columns: names, rows: rows.slice(-MOST_ROWS) };
}
