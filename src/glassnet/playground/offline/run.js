/** A run: a network, its data, and where training is; batches come in Python's order. */

import { decoded } from "./bytes.js";
import { Network } from "./nn.js";
import { Record } from "./record.js";
import { Streams } from "./streams.js";

const ROWS = 1024; // predicted together

export class Run {
  /** Data are {X, y, n, inputs} to train on and to validate with. */
  constructor(settings, train, valid, score) {
    this.network = new Network(settings, train.inputs);
    this.train = train;
    this.valid = valid;
    this.score = score;
    this.streams = new Streams(settings.seed);
    this.epoch = this.batch = this.step = this.lossSum = this.rowSum = 0;
    this.history = new Record(4, 2000); // step, loss, loss and score of the rows held out, for each epoch
    this.losses = new Record(2, 4096); // step and loss of its batch
    this.changes = []; // made after a step: settings, or one parameter
    this.before = new Float64Array(this.network.size); // parameters before the last step
    this.noted = null; // the step that gradients and `before` belong to, while parameters are as it left them
  }

  /** Take over parameters and all that the optimizer remembers, as a file has them. */
  load({ params, state, t, counters }) {
    const arrays = Object.fromEntries(Object.entries(state).map(([name, array]) => [name, decoded(array)]));
    this.restore({ params: decoded(params), state: arrays, t, counters, settings: this.settings });
  }

  get settings() { return this.network.settings; }
  get batchSize() { return Math.min(this.settings.batch_size, this.train.n); }
  get stepsPerEpoch() { return Math.ceil(this.train.n / this.batchSize); }

  /** The row of the epoch that ended last before the step where the run is, which may be one gone back to; null if not kept. */
  get ended() { return this.history.at(this.step - this.batch); }

  /** The rows of this epoch in order, or null for the order given. */
  order() {
    if (this.train.n <= this.batchSize) return null;
    if (this.orderOf !== this.epoch) {
      this.orderOf = this.epoch;
      this.rows = this.streams.order(this.epoch, this.train.n);
    }
    return this.rows;
  }

  /** The next batch: X, y and the number of rows, in arrays of its own. */
  next() {
    const { X, y, n, inputs } = this.train, order = this.order(), width = y.length / n;
    const from = this.batch * this.batchSize, count = Math.min(this.batchSize, n - from);
    if (!order) return { X, y, n: count };
    if (!(this.X?.length >= count * inputs && this.y?.length >= count * width)) {
      this.X = new Float64Array(this.batchSize * inputs);
      this.y = new y.constructor(this.batchSize * width);
    }
    for (let r = 0; r < count; r++) {
      const row = order[from + r];
      for (let i = 0; i < inputs; i++) this.X[r * inputs + i] = X[row * inputs + i];
      for (let j = 0; j < width; j++) this.y[r * width + j] = y[row * width + j];
    }
    return { X: this.X, y: this.y, n: count };
  }

  /** Take one step and return its loss. At the end of an epoch it is recorded. */
  advance() {
    const { network } = this, { X, y, n } = this.next();
    const noise = { streams: this.streams, epoch: this.epoch, batch: this.batch };
    const loss = network.gradients(X, y, n, noise) + network.penalty(true);
    this.last = loss;
    if (!Number.isFinite(loss)) return loss;
    this.before.set(network.params);
    network.update();
    this.lossSum += loss * n;
    this.rowSum += n;
    this.noted = ++this.step;
    if (this.step > this.losses.step) this.losses.push(this.step, loss);
    if (++this.batch * this.batchSize >= this.train.n) this.endEpoch();
    for (const change of this.changes) if (change.step === this.step) this.apply(change);
    return loss;
  }

  endEpoch() {
    if (this.step > this.history.step) {
      const found = this.valid?.n ? this.evaluate(this.valid) : { loss: NaN, score: NaN };
      this.history.push(this.step, this.lossSum / this.rowSum, found.loss, found.score);
    }
    this.epoch++;
    this.batch = this.lossSum = this.rowSum = 0;
  }

  /** Make a change: put settings into force, or set one parameter. With another batch size the rest of an epoch is left
   *  out, as where a new fit begins. */
  apply({ settings = this.settings, at, value }) {
    const cut = this.batch > 0 && settings.batch_size !== this.settings.batch_size;
    this.network.use(settings);
    if (at !== undefined) {
      this.network.params[at] = value;
      this.noted = null;
    }
    if (cut) this.endEpoch();
  }

  /** Outputs for rows, in parts. */
  outputs({ X, n, inputs }) {
    const { network } = this, k = network.outputs, all = new Float64Array(n * k);
    for (let from = 0; from < n; from += ROWS) {
      const count = Math.min(ROWS, n - from);
      const Z = network.forward(X.subarray(from * inputs, (from + count) * inputs), count);
      all.set(Z.subarray(0, count * k), from * k);
    }
    return all;
  }

  predict(data) { return this.network.link(this.outputs(data), data.n); }

  /** Loss, penalties included, and score. */
  evaluate(data) {
    const { network } = this, { y, n } = data, Z = this.outputs(data);
    network.reserve(n);
    return { loss: network.lossSum(Z, y, n) / n + network.penalty(false), score: score(this.score, network.link(Z, n), y, network.outputs) };
  }

  /** All that the rest of the run depends on, as copies. */
  snapshot() {
    const { network, epoch, batch, step, lossSum, rowSum, settings } = this, state = {};
    for (const [name, array] of Object.entries(network.state)) state[name] = array.slice();
    return { params: network.params.slice(), state, t: network.t, counters: { epoch, batch, step, lossSum, rowSum }, settings };
  }

  restore({ params, state, t, counters, settings }) {
    const { network } = this;
    network.use(settings);
    network.params.set(params);
    for (const [name, array] of Object.entries(network.state)) state[name] ? array.set(state[name]) : array.fill(0);
    network.t = t;
    Object.assign(this, counters);
    this.last = undefined;
    this.noted = null;
  }
}

/** A score of predictions, as in `glassnet.metrics`. */
function score(name, P, y, k) {
  const n = P.length / k;
  if (name === "accuracy") {
    let right = 0;
    for (let r = 0; r < n; r++) {
      if (k > 1 && y.length === n) {
        let best = 0;
        for (let j = 1; j < k; j++) if (P[r * k + j] > P[r * k + best]) best = j;
        right += best === y[r];
      } else for (let j = r * k; j < r * k + k; j++) right += (P[j] > 0.5) === (y[j] > 0.5);
    }
    return right / (y.length === n ? n : n * k);
  }
  const means = new Float64Array(k), errors = new Float64Array(k), spread = new Float64Array(k);
  let absolute = 0, squared = 0;
  for (let i = 0; i < y.length; i++) means[i % k] += y[i] / n;
  for (let i = 0; i < y.length; i++) {
    errors[i % k] += (P[i] - y[i]) ** 2;
    spread[i % k] += (y[i] - means[i % k]) ** 2;
    absolute += Math.abs(P[i] - y[i]) / y.length;
    squared += (P[i] - y[i]) ** 2 / y.length;
  }
  if (name === "mae") return absolute;
  if (name === "rmse") return Math.sqrt(squared);
  return errors.reduce((sum, error, j) => sum + (spread[j] ? 1 - error / spread[j] : error ? 0 : 1), 0) / k;
}
