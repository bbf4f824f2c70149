// Keeps and draws the losses of a run: of each batch, and of training and held-out rows after each epoch.

const MOST = 4096; // batch losses that are kept
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 8, 8, 20];
const FAR = 4; // times what is usual is too far off to be in sight

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

  /** The place of the last epoch that had ended by a step, or -1. */
  before(step) {
    let place = this.length - 1;
    while (place >= 0 && this.epochs[4 * place] > step) place -= 1;
    return place;
  }

  /** The place of the epoch that ends nearest to a step. */
  nearest(step) {
    let best = 0;
    for (let i = 1; i < this.length; i += 1) if (Math.abs(this.epochs[4 * i] - step) < Math.abs(this.epochs[4 * best] - step)) best = i;
    return best;
  }
}

/** Ranges of a chart: `{x, y}` turn steps and losses into pixels, `step(x)` turns back; `lo` to `hi` is in sight. */
export function rangesOf(curve, { width, height, log, baselines, others }) {
  const [lo, hi] = sight(curve, baselines, others, log);
  const last = Math.max(curve.steps.at(-1) ?? 0, curve.length ? curve.row(curve.length - 1)[0] : 0, ...others.map(({ epochs }) => epochs.at(-1)?.[0] ?? 0), 1);
  const [w, h] = [width - LEFT - RIGHT, height - TOP - BOTTOM];
  const of = log ? (value) => (value > 0 ? Math.log(value) : -1e9) : (value) => value;
  const y = (value) => TOP + h - (h * (of(value) - of(lo))) / (of(hi) - of(lo) || 1);
  return { x: (step) => LEFT + (w * step) / last, y: (value) => Math.min(Math.max(y(value), -1e6), 1e6), step: (x) => ((x - LEFT) / w) * last, lo, hi, last };
}

/** The losses in sight: all epochs, the first batch and the baselines, but for those that are so far off that they would
 *  flatten the rest. Of the batches only the first counts; while no epoch has ended, all do. */
function sight(curve, baselines, others, log) {
  const fits = (value) => Number.isFinite(value) && (!log || value > 0);
  const own = Array.from({ length: curve.length }, (_, i) => curve.row(i).slice(1, 3)).flat();
  const batches = curve.losses.filter(fits);
  const known = [...own, ...others.flatMap(({ epochs }) => epochs.flatMap((row) => row.slice(1, 3)))].filter(fits);
  const epochs = known.length ? known : batches;
  const lines = baselines.map(({ loss }) => loss).filter(fits);
  const usual = Math.max(epochs[0] ?? 0, middle(epochs) ?? Math.max(...lines, 0));
  const first = batches.slice(0, 1).filter((value) => value <= 5 * FAR * Math.max(usual, ...lines));
  const wild = FAR ** 4 * Math.max(usual, ...first) || Infinity; // not of a network that overfits, but of one that diverged
  const near = [...epochs, ...first].filter((value) => value <= wild);
  const most = FAR * near.reduce((a, b) => Math.max(a, b), 0) || Infinity;
  const least = log ? near.reduce(lower, Infinity) / FAR ** 3 : -Infinity;
  const seen = [...near, ...lines.filter((loss) => loss >= least && loss <= most)];
  if (!seen.length) return [0.1, 1];
  const [lo, hi] = [seen.reduce(lower), seen.reduce((a, b) => Math.max(a, b))];
  if (log) return [lo / 1.1, Math.max(hi, lo * 1.5) * 1.1];
  const base = Math.min(lo, 0);
  return [base, hi > base ? hi + 0.04 * (hi - base) : base + 1];
}

const lower = (a, b) => Math.min(a, b);
const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

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

/** Paint the chart. What is out of sight is cut at the edge, and an arrow there says so. */
export function paintLosses(ctx, curve, ranges, options) {
  const { width, height, log, baselines, others, events, step, cursor, colours } = options;
  const box = [LEFT, TOP, width - RIGHT, height - BOTTOM];
  axes(ctx, ranges, { width, height, log, colours });
  const of = (column) => Array.from({ length: curve.length }, (_, i) => [curve.epochs[4 * i], curve.epochs[4 * i + column]]);
  const batches = curve.steps.map((at, i) => [at, curve.losses[i]]);
  const [train, valid] = [of(1), of(2)];
  const older = others.map(({ name, epochs }) => [name, epochs.map(([at, loss, held]) => [at, Number.isFinite(held) ? held : loss])]);
  ctx.save();
  ctx.beginPath();
  ctx.rect(LEFT, TOP, width - LEFT - RIGHT, height - TOP - BOTTOM);
  ctx.clip();
  for (const [, points] of older) line(ctx, ranges, points, { colour: colours.quiet, width: 1.25 });
  line(ctx, ranges, batches, { colour: colours.accent, width: 1, alpha: 0.22 });
  line(ctx, ranges, train, { colour: colours.accent, width: 2 });
  line(ctx, ranges, valid, { colour: colours.high, width: 2, dash: [6, 3] });
  ctx.restore();
  for (const [points, colour] of [[batches, colours.quiet], [train, colours.accent], [valid, colours.high]]) cuts(ctx, ranges, points, { box, colour });
  const taken = [train, valid].flatMap((points) => along(points.map(([at, value]) => [ranges.x(at), ranges.y(value)])));
  const labels = { ctx, box, colours, marks: taken, boxes: [] };
  for (const one of baselines) baseline(labels, ranges, one);
  for (const [name, points] of older) label(labels, name, ranges.x(points.at(-1)[0]), inside(ranges.y(points.at(-1)[1]), box));
  ctx.fillStyle = colours.ink;
  for (const event of events) arrow(ctx, ranges.x(event.step), height - BOTTOM, 1, 7);
  if (step < ranges.last) upright(ctx, ranges.x(step), height, { colour: colours.focus, dash: [] });
  if (cursor !== null) upright(ctx, ranges.x(cursor), height, { colour: colours.ink, dash: [2, 2] });
}

/** The points of a line, and where they are few, some between them. */
function along(points) {
  if (points.length > 100) return points;
  const between = ([x, y], [x2, y2]) => [0, 0.2, 0.4, 0.6, 0.8].map((share) => [x + share * (x2 - x), y + share * (y2 - y)]);
  return points.flatMap((point, i) => between(point, points[i + 1] ?? point));
}

const inside = (y, [, top, , bottom]) => Math.min(Math.max(y, top), bottom);

/** Arrows at the edge where points lie beyond it, at most one in eight pixels. */
function cuts(ctx, { x, y }, points, { box: [, top, , bottom], colour }) {
  ctx.fillStyle = colour;
  const last = { [top]: -Infinity, [bottom]: -Infinity };
  for (const [step, value] of points) {
    const [left, way] = [x(step), (y(value) < top) - (y(value) > bottom)];
    const edge = way > 0 ? top : bottom;
    if (!way || left < last[edge] + 8) continue;
    last[edge] = left;
    arrow(ctx, left, edge, way);
  }
}

function arrow(ctx, x, y, way, size = 5) {
  ctx.beginPath();
  ctx.moveTo(x, y - size * way);
  ctx.lineTo(x - 4, y + way);
  ctx.lineTo(x + 4, y + way);
  ctx.fill();
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

function line(ctx, { x, y }, points, { colour, width, alpha = 1, dash = [] }) {
  Object.assign(ctx, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha, lineJoin: "round" });
  ctx.setLineDash(dash);
  ctx.beginPath();
  const finite = points.filter(([, value]) => Number.isFinite(value));
  finite.forEach(([step, value], i) => ctx[i ? "lineTo" : "moveTo"](x(step), y(value)));
  if (finite.length === 1) ctx.arc(x(finite[0][0]), y(finite[0][1]), width, 0, 2 * Math.PI); // a line of one point is a dot
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

/** A line for what must be beaten; where it is out of sight, an arrow at the edge. Its name has its number. */
function baseline(labels, ranges, { loss, name }) {
  const { ctx, colours, box } = labels;
  const at = ranges.y(loss);
  const y = inside(at, box);
  const words = `${name} ${Number(loss.toPrecision(3))}`;
  Object.assign(ctx, { strokeStyle: colours.quiet, lineWidth: 1 });
  if (y !== at) return label(labels, `${at < y ? "↑" : "↓"} ${words}`, box[2], y);
  ctx.setLineDash([2, 3]);
  segment(ctx, box[0], y, box[2], y);
  ctx.setLineDash([]);
  return label(labels, words, box[2], y);
}

/** Write a label at a place or near it, where it hides least: nothing of the axes, no other label, little of the curves. */
function label({ ctx, box: [left, top, right, bottom], colours, marks, boxes }, words, x, y) {
  Object.assign(ctx, { font: "11px system-ui, sans-serif", textAlign: "left", textBaseline: "bottom", lineJoin: "round" });
  const wide = Math.min(ctx.measureText(words).width, right - left);
  const places = [x - wide, x + 4, left + 4, right - wide].flatMap((at) => [y - 15, y + 2, y - 29, y + 16].map((height, i) => [at, height, i > 1 ? 8 : 0]));
  const cost = ([at, height, far]) => {
    const off = at < left || at + wide > right + 1 || height < top - 6 || height + 13 > bottom;
    const hit = ([a, b, c]) => a < at + wide + 3 && a + c > at - 3 && Math.abs(b - height) < 13;
    return far + 1e6 * off + 1e4 * boxes.filter(hit).length + marks.filter(([a, b]) => a > at && a < at + wide && b > height && b < height + 13).length;
  };
  const [at, height] = places.reduce((best, one) => (cost(one) < cost(best) ? one : best));
  boxes.push([at, height, wide]);
  Object.assign(ctx, { strokeStyle: colours.paper, fillStyle: colours.quiet, lineWidth: 3 });
  ctx.strokeText(words, at, height + 13);
  ctx.fillText(words, at, height + 13);
}

function upright(ctx, x, height, { colour, dash }) {
  Object.assign(ctx, { strokeStyle: colour, lineWidth: 1.5 });
  ctx.setLineDash(dash);
  segment(ctx, x, TOP, x, height - BOTTOM);
  ctx.setLineDash([]);
}
