/** Frames out of the engine in the page, as frames.js makes them of bytes. */

const PICTURE = 24; // points along a side
const APART = 100; // milliseconds between two planes while running
const MOST_CHANNELS = 32;

/** Draws the frames of one experiment: `given` is the file's, `data` its arrays. */
export class Frames {
  #plane = {};
  #planeAt = null;
  #planeTime = 0;

  constructor(given, data) {
    this.given = given;
    this.data = data;
  }

  /** A frame of a run: numbers of what the state's columns and edges show. */
  frame(run, state, since) {
    const { network } = run, { columns, edges } = state.network, { view } = state;
    const flat = this.quantity(run, view.edges), values = this.values(run, columns, this.row(state.probe.row), 1);
    const frame = { revision: state.revision, step: run.step, ended: run.ended };
    const unknown = ({ rows, columns: width }) => new Float32Array(rows * width).fill(NaN);
    frame.edges = edges.map((block) => (flat ? this.block(network, flat, block, columns) : unknown(block)));
    frame.biases = Float32Array.from(columns.slice(1).flatMap((column) => this.biases(network, column)));
    frame.activations = columns.map(({ shown }, k) => Float32Array.from(shown, (unit) => values[k][unit]));
    frame.strips = Float32Array.from(columns.flatMap(({ shown, units }, k) => (shown.length < units ? [...values[k]] : [])));
    frame.losses = run.losses.since(since);
    frame.epochs = run.history.since(0);
    if (view.plane) Object.assign(frame, this.plane(run, state));
    frame.predictions = this.predictions(run, state.data.points.row);
    return frame;
  }

  /** Weights, slopes or changes, flat; null where no step led to the weights as they are. */
  quantity(run, what) {
    const { network } = run;
    if (what === "weight") return network.params;
    if (run.noted !== run.step) return null;
    return what === "gradient" ? network.grads : network.params.map((value, i) => value - run.before[i]);
  }

  block({ layers }, flat, { parameter, from, to }, columns) {
    const layer = layers.find(({ name }) => `${name}.weight` === parameter);
    const found = columns[from].shown.flatMap((i) => columns[to].shown.map((j) => flat[layer.weight + i * layer.to + j]));
    return Float32Array.from(found);
  }

  biases({ layers, params }, { at, shown }) {
    const { bias } = layers[at];
    return shown.map((unit) => (bias < 0 ? NaN : params[bias + unit]));
  }

  /** The values of each column for n rows, each an array (n x units). */
  values({ network }, columns, X, n) {
    network.forward(X, n);
    return columns.map((column, k) => (k ? network.layers[lastLayer(column)].A.slice(0, n * column.units) : X));
  }

  /** One row: those trained on come first, then those held out. */
  row(number) {
    const { train, valid } = this.data, own = number < train.n ? train : valid;
    const start = (number < train.n ? number : number - train.n) * own.inputs;
    return own.X.subarray(start, start + own.inputs);
  }

  target(number) {
    const { train, valid } = this.data, width = train.y.length / train.n;
    return number < train.n ? train.y[number * width] : valid.y[(number - train.n) * width];
  }

  /** What is predicted for rows: numbers, or codes of classes. */
  predictions(run, rows) {
    const { inputs } = this.data.train, X = new Float64Array(rows.length * inputs);
    rows.forEach((row, i) => X.set(this.row(row), i * inputs));
    const found = run.predict({ X, n: rows.length, inputs }), k = run.network.outputs;
    const code = (i) => (k === 1 ? Number(found[i] > 0.5) : found.subarray(i * k, (i + 1) * k).reduce((best, p, j, all) => (p > all[best] ? j : best), 0));
    return Float32Array.from(rows, (_, i) => (this.given.classes.length ? code(i) : found[i * k]));
  }

  /** Plane and pictures, computed at most ten times a second while running. */
  plane(run, state) {
    const { resolution } = state.view, now = performance.now(), key = `${run.step} ${state.revision} ${resolution}`;
    if (this.#planeAt === key || (state.running && now < this.#planeTime + APART)) return {};
    const grid = this.grid(resolution), k = run.network.outputs;
    if (k <= MOST_CHANNELS) {
      const { classes, plane } = this.given, isCurve = !classes.length && plane.origin.length === 1;
      const [lo, hi] = isCurve ? plane.sides[1] : plane.range, scale = hi > lo ? 255 / (hi - lo) : 0;
      const data = Uint8Array.from(run.predict(grid), (value) => Math.round(Math.max(0, Math.min(255, (value - lo) * scale || 0))));
      this.#plane.plane = { lo, hi, width: resolution, channels: k, data };
    }
    this.#plane.pictures = this.pictures(run, state.network.columns);
    this.#planeAt = key;
    this.#planeTime = performance.now();
    return { ...this.#plane };
  }

  /** Inputs for the points of a grid over the plane, row by row from the smallest y. */
  grid(side) {
    const { origin, x, y, sides } = this.given.plane, inputs = origin.length, X = new Float64Array(side * side * inputs);
    const place = ([low, high], i) => low + ((high - low) * i) / (side - 1);
    const rounded = this.given.rows.train.X.type === "f4" ? Math.fround : Number;
    for (let r = 0; r < side * side; r++) {
      const a = place(sides[0], r % side), b = place(sides[1], Math.floor(r / side));
      for (let i = 0; i < inputs; i++) X[r * inputs + i] = rounded(origin[i] + a * x[i] + b * y[i]);
    }
    return { X, n: side * side, inputs };
  }

  /** A picture of each shown unit, in its own scale: 128 is 0. */
  pictures(run, columns) {
    const { X, n } = this.grid(PICTURE), values = this.values(run, columns, X, n);
    return columns.slice(1).flatMap(({ shown, units }, k) => shown.map((unit) => {
      const found = Float64Array.from({ length: n }, (_, r) => values[k + 1][r * units + unit]);
      const largest = found.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const scale = largest > 0 && Number.isFinite(largest) ? 127 / largest : 0;
      return Uint8Array.from(found, (value) => Math.round(value * scale + 128));
    }));
  }
}

/** Number of the layer whose output the values of a column are. */
export function lastLayer({ at, chips = [] }) {
  return Math.max(at, ...chips.filter(({ before }) => !before).map((chip) => chip.at));
}
