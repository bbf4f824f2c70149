// Keeps and draws the losses of a run: of each batch, and of training and held-out rows after each epoch.

const MOST = 4096; // batch losses that are kept
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 8, 8, 20];

/** The losses of the run that is shown, as frames bring them. */
export class Losses {
  revision = null;
  steps = [];
  losses = [];
  epochs = new Float64Array(0);

  /** Take the new losses of a frame; with another revision everything was sent again. */
  take({ revision, losses, epochs }) {
    if (revision !== this.revision) [this.steps, this.losses] = [[], []];
    this.revision = revision;
    for (let i = 0; i < (losses?.length ?? 0); i += 2) {
      if (losses[i] <= (this.steps.at(-1) ?? -1)) continue;
      this.steps.push(losses[i]);
      this.losses.push(losses[i + 1]);
    }
    while (this.steps.length > MOST) for (const name of ["steps", "losses"]) this[name] = this[name].filter((_, i) => i % 2 === 0);
    if (epochs) this.epochs = epochs;
  }

  get length() {
    return this.epochs.length / 4;
  }

  /** The row of an epoch: step, loss, and loss and score of the rows held out. */
  row(place) {
    return Array.from(this.epochs.subarray(4 * place, 4 * place + 4));
  }

  /** The place of the epoch that ends nearest to a step. */
  nearest(step) {
    let best = 0;
    for (let i = 1; i < this.length; i += 1) if (Math.abs(this.epochs[4 * i] - step) < Math.abs(this.epochs[4 * best] - step)) best = i;
    return best;
  }
}

/** Ranges of a chart: `{x, y}` turn steps and losses into pixels, `step(x)` turns back. */
export function rangesOf(curve, { width, height, log, baselines, others }) {
  const values = [];
  const add = (value) => Number.isFinite(value) && (!log || value > 0) && values.push(value);
  curve.losses.forEach(add);
  for (let i = 0; i < curve.length; i += 1) add(curve.epochs[4 * i + 1]), add(curve.epochs[4 * i + 2]);
  for (const { loss } of baselines) add(loss);
  for (const { epochs } of others) for (const row of epochs) add(row[1]), add(row[2]);
  values.sort((a, b) => a - b);
  const top = values.length ? values[Math.min(values.length - 1, Math.ceil(values.length * 0.995))] : 1; // one bad batch does not flatten the rest
  const [lo, hi] = log ? [values[0] ?? 0.1, Math.max(top, (values[0] ?? 0.1) * 1.5)] : [Math.min(values[0] ?? 0, 0), top || 1];
  const last = Math.max(curve.steps.at(-1) ?? 0, curve.length ? curve.epochs[4 * (curve.length - 1)] : 0, ...others.map(({ epochs }) => epochs.at(-1)?.[0] ?? 0), 1);
  const [w, h] = [width - LEFT - RIGHT, height - TOP - BOTTOM];
  const of = log ? Math.log : (value) => value;
  const y = (value) => TOP + h - (h * (of(value) - of(lo))) / (of(hi) - of(lo) || 1);
  return { x: (step) => LEFT + (w * step) / last, y: (value) => Math.max(y(value), TOP - 2), step: (x) => ((x - LEFT) / w) * last, lo, hi, last };
}

/** Values for the lines of an axis: round ones. */
export function ticks(lo, hi, log, most = 4) {
  if (log) {
    const found = [];
    for (let power = Math.floor(Math.log10(lo)); power <= Math.ceil(Math.log10(hi)); power += 1) {
      for (const digit of hi / lo < 50 ? [1, 2, 5] : [1]) found.push(digit * 10 ** power);
    }
    const inside = found.filter((value) => value >= lo * 0.999 && value <= hi * 1.001);
    return inside.filter((_, i) => i % Math.ceil(inside.length / (most + 2)) === 0);
  }
  const rough = (hi - lo) / most;
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((value) => value >= rough) ?? power;
  const first = Math.ceil(lo / step);
  return Array.from({ length: Math.max(Math.floor(hi / step) - first + 1, 0) }, (_, i) => (first + i) * step);
}

/** Paint the chart. */
export function paintLosses(ctx, curve, ranges, options) {
  const { width, height, log, baselines, others, events, step, cursor, colours } = options;
  axes(ctx, ranges, { width, height, log, colours });
  baselines.forEach(({ loss, name }, i) => baseline(ctx, ranges.y(loss), { width, name, colours, left: i % 2 === 1 }));
  for (const other of others) line(ctx, ranges, other.epochs.map((row) => [row[0], row[2] ?? row[1]]), { colour: colours.quiet, width: 1.25, label: other.name });
  const batches = curve.steps.map((at, i) => [at, curve.losses[i]]);
  line(ctx, ranges, batches, { colour: colours.accent, width: 1, alpha: 0.28 });
  const of = (column) => Array.from({ length: curve.length }, (_, i) => [curve.epochs[4 * i], curve.epochs[4 * i + column]]);
  line(ctx, ranges, of(1), { colour: colours.accent, width: 2 });
  line(ctx, ranges, of(2), { colour: colours.high, width: 2, dash: [6, 3] });
  for (const event of events) mark(ctx, ranges.x(event.step), height - BOTTOM, colours);
  if (step < ranges.last) upright(ctx, ranges.x(step), height, { colour: colours.focus, dash: [] });
  if (cursor !== null) upright(ctx, ranges.x(cursor), height, { colour: colours.ink, dash: [2, 2] });
}

function axes(ctx, ranges, { width, height, log, colours }) {
  Object.assign(ctx, { font: "11px system-ui, sans-serif", fillStyle: colours.quiet, strokeStyle: colours.line, lineWidth: 1, textBaseline: "middle", textAlign: "right" });
  for (const value of ticks(ranges.lo, ranges.hi, log)) {
    const y = Math.round(ranges.y(value)) + 0.5;
    ctx.fillText(Number(value.toPrecision(3)).toString(), LEFT - 5, y);
    segment(ctx, LEFT, y, width - RIGHT, y);
  }
  Object.assign(ctx, { textBaseline: "alphabetic", textAlign: "center" });
  for (const value of ticks(0, ranges.last, false)) {
    if (Number.isInteger(value)) ctx.fillText(value.toLocaleString("en"), Math.min(ranges.x(value), width - 18), height - 5);
  }
}

function segment(ctx, x1, y1, x2, y2) {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

function line(ctx, { x, y }, points, { colour, width, alpha = 1, dash = [], label = "" }) {
  Object.assign(ctx, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha, lineJoin: "round" });
  ctx.setLineDash(dash);
  ctx.beginPath();
  let drawn = false;
  for (const [step, value] of points) {
    if (!Number.isFinite(value)) continue;
    ctx[drawn ? "lineTo" : "moveTo"](x(step), y(value));
    drawn = true;
  }
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  const last = points.at(-1);
  if (!label || !last) return;
  Object.assign(ctx, { fillStyle: colour, textAlign: "right", textBaseline: "bottom" });
  ctx.fillText(label, x(last[0]), y(last[1]) - 2);
}

function baseline(ctx, y, { width, name, colours, left }) {
  Object.assign(ctx, { strokeStyle: colours.quiet, fillStyle: colours.quiet, lineWidth: 1, textAlign: left ? "left" : "right", textBaseline: "bottom" });
  ctx.setLineDash([2, 3]);
  segment(ctx, LEFT, y, width - RIGHT, y);
  ctx.setLineDash([]);
  ctx.fillText(name, left ? LEFT + 4 : width - RIGHT, y < TOP + 13 ? y + 14 : y - 1);
}

function mark(ctx, x, y, colours) {
  ctx.fillStyle = colours.ink;
  ctx.beginPath();
  ctx.moveTo(x, y - 8);
  ctx.lineTo(x - 4, y);
  ctx.lineTo(x + 4, y);
  ctx.fill();
}

function upright(ctx, x, height, { colour, dash }) {
  Object.assign(ctx, { strokeStyle: colour, lineWidth: 1.5 });
  ctx.setLineDash(dash);
  segment(ctx, x, TOP, x, height - BOTTOM);
  ctx.setLineDash([]);
}
