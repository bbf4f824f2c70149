/** A small engine in double precision: dense layers, trained as `glassnet` trains them. */

import { ACTIVATIONS, LOSSES, RULES, sigmoid } from "./formulas.js";

// The loops below take several rows and inputs at a time: an engine of a browser then loads and stores less.

/** Z (n x to) = X (n x from) W + b. */
function affine(X, P, weight, bias, Z, n, from, to) {
  for (let i = 0, j = 0; i < n * to; i++) {
    Z[i] = bias < 0 ? 0 : P[bias + j];
    if (++j === to) j = 0;
  }
  const even = n - (n % 2), most = from - (from % 4);
  for (let r = 0; r < even; r += 2) affineRows(X, P, weight, Z, r, from, to, most);
  for (let r = 0; r < n; r++) {
    for (let i = r < even ? most : 0; i < from; i++) {
      const a = X[r * from + i], z = r * to, w = weight + i * to;
      if (a !== 0) for (let j = 0; j < to; j++) Z[z + j] += a * P[w + j];
    }
  }
}

/** Add the products of the first inputs to two rows of Z. */
function affineRows(X, P, weight, Z, r, from, to, most) {
  const z = r * to;
  for (let i = 0, x = r * from; i < most; i += 4, x += 4) {
    const a = X[x], b = X[x + 1], c = X[x + 2], d = X[x + 3];
    const e = X[x + from], f = X[x + from + 1], g = X[x + from + 2], h = X[x + from + 3];
    for (let j = 0, w = weight + i * to; j < to; j++, w++) {
      const p = P[w], q = P[w + to], s = P[w + 2 * to], t = P[w + 3 * to];
      Z[z + j] += a * p + b * q + c * s + d * t;
      Z[z + to + j] += e * p + f * q + g * s + h * t;
    }
  }
}

/** Slopes of the weights and biases in G. */
function weightSlopes(X, G, weight, bias, D, n, from, to) {
  G.fill(0, weight, weight + from * to);
  if (bias >= 0) G.fill(0, bias, bias + to);
  const whole = n - (n % 4), even = from - (from % 2);
  for (let r = 0; r < whole; r += 4) weightRows(X, G, weight, D, r, from, to, even);
  for (let r = 0; r < n; r++) {
    for (let i = r < whole ? even : 0; i < from; i++) {
      const a = X[r * from + i], d = r * to, w = weight + i * to;
      if (a !== 0) for (let j = 0; j < to; j++) G[w + j] += a * D[d + j];
    }
  }
  if (bias >= 0) for (let i = 0, j = 0; i < n * to; i++) {
    G[bias + j] += D[i];
    if (++j === to) j = 0;
  }
}

/** Add what four rows say on the weights of the first inputs. */
function weightRows(X, G, weight, D, r, from, to, even) {
  const d = r * to;
  for (let i = 0, x = r * from; i < even; i += 2, x += 2) {
    const a = X[x], b = X[x + from], c = X[x + 2 * from], e = X[x + 3 * from];
    const f = X[x + 1], g = X[x + from + 1], h = X[x + 2 * from + 1], k = X[x + 3 * from + 1];
    for (let j = 0, w = weight + i * to; j < to; j++, w++) {
      const p = D[d + j], q = D[d + to + j], s = D[d + 2 * to + j], t = D[d + 3 * to + j];
      G[w] += a * p + b * q + c * s + e * t;
      G[w + to] += f * p + g * q + h * s + k * t;
    }
  }
}

/** dX = D W^T. */
function inputSlopes(P, weight, D, dX, n, from, to) {
  const most = from - (from % 4);
  for (let r = 0; r < n; r++) {
    const d = r * to, x = r * from;
    for (let i = 0; i < most; i += 4) {
      let a = 0, b = 0, c = 0, e = 0;
      for (let j = 0, w = weight + i * to; j < to; j++, w++) {
        const slope = D[d + j];
        a += slope * P[w];
        b += slope * P[w + to];
        c += slope * P[w + 2 * to];
        e += slope * P[w + 3 * to];
      }
      dX[x + i] = a;
      dX[x + i + 1] = b;
      dX[x + i + 2] = c;
      dX[x + i + 3] = e;
    }
    for (let i = most; i < from; i++) {
      let sum = 0;
      for (let j = 0, w = weight + i * to; j < to; j++, w++) sum += D[d + j] * P[w];
      dX[x + i] = sum;
    }
  }
}

/** Loss sum of exclusive classes, and its slopes in D; y holds codes, or with smoothing and k columns probabilities. */
function softmaxLoss(Z, y, D, n, k, smoothing) {
  let total = 0;
  for (let r = 0; r < n; r++) {
    const z = r * k, top = largest(Z, z, k);
    let sum = 0;
    for (let j = 0; j < k; j++) sum += D[z + j] = Math.exp(Z[z + j] - top);
    for (let j = 0; j < k; j++) D[z + j] /= sum;
    const log = Math.log(sum);
    if (!smoothing) {
      const value = log - (Z[z + y[r]] - top);
      total += value;
      D[z + y[r]] = Math.expm1(-value); // p - 1 without losing the digits of a p near 1
      continue;
    }
    for (let j = 0; j < k; j++) {
      const wanted = (y[r] === j ? 1 - smoothing : 0) + smoothing / k;
      total += wanted * (log - (Z[z + j] - top));
      D[z + j] -= wanted;
    }
  }
  return total;
}

function largest(Z, start, k) {
  let top = Z[start];
  for (let j = 1; j < k; j++) if (Z[start + j] > top) top = Z[start + j];
  return top;
}

/** The name of the rule that an optimizer with these settings follows; `rule_key` in Python. */
export function ruleKey(optimizer) {
  const words = ["centered", "momentum", "nesterov"].filter((name) => optimizer[name]);
  return [optimizer.class, ...words, ...(optimizer.eps_form === "sklearn" ? ["sklearn"] : [])].join(" ");
}

/** Layers over flat arrays. Settings are those of `glassnet.playground.settings`. */
export class Network {
  constructor(settings, inputs) {
    this.inputs = inputs;
    this.rows = 0;
    this.lay(settings.layers);
    this.params = new Float64Array(this.size);
    this.grads = new Float64Array(this.size);
    this.state = {};
    this.t = 0;
    this.use(settings);
  }

  /** Place the arrays as Python does: all weights, then all biases. */
  lay(layers) {
    let from = this.inputs, offset = 0;
    this.layers = layers.map((layer, index) => {
      const to = layer.class === "Dense" ? layer.units : from;
      const own = { kind: layer.class, name: layer.name, index, from, to, bias: -1, options: layer };
      own.map = ACTIVATIONS[layer.activation ?? "identity"];
      from = to;
      return own;
    });
    const dense = this.layers.filter((layer) => layer.kind === "Dense");
    for (const layer of dense) offset = (layer.weight = offset) + layer.from * layer.to;
    this.weights = offset;
    for (const layer of dense) if (layer.options.use_bias !== false) offset = (layer.bias = offset) + layer.to;
    this.size = offset;
    this.outputs = from;
  }

  /** Take over what may change without new arrays: loss, optimizer, penalties. */
  use(settings) {
    const { loss, optimizer } = settings, before = this.settings?.optimizer, rule = RULES[ruleKey(optimizer)];
    this.settings = settings;
    if (before?.class === optimizer.class && String(rule.state) === String(this.rule.state)) {
      for (const [name, factor] of Object.entries(rule.moments)) {
        const ratio = factor(optimizer) / factor(before); // Python holds moments without these factors
        if (ratio !== 1) this.state[name]?.forEach((value, i, array) => (array[i] = value * ratio));
      }
    } else {
      this.state = Object.fromEntries(rule.state.map((name) => [name, new Float64Array(this.size)]));
      this.t = 0;
    }
    this.rule = rule;
    for (const layer of this.layers) tune(layer, settings.layers[layer.index]);
    this.smoothing = loss.label_smoothing ?? 0;
    this.loss = LOSSES[loss.class];
    this.isClasses = loss.class === "SoftmaxCrossEntropy";
    this.isBinary = loss.class === "BinaryCrossEntropy";
  }

  /** Draw the initial parameters from a function that gives uniform numbers. */
  draw(random) {
    for (const layer of this.layers) {
      if (layer.kind !== "Dense") continue;
      const { from, to, weight } = layer, limit = uniformLimit(layer.options, from, to);
      for (let i = weight; i < weight + from * to; i++) {
        this.params[i] = layer.options.initializer === "zeros" ? 0 : -limit + 2 * limit * random();
      }
      if (layer.bias >= 0) this.params.fill(0, layer.bias, layer.bias + to);
    }
  }

  reserve(n) {
    if (n <= this.rows) return;
    this.rows = n;
    for (const layer of this.layers) {
      const size = n * layer.to;
      layer.Z = new Float64Array(size);
      layer.A = layer.map === ACTIVATIONS.identity ? layer.Z : new Float64Array(size);
      layer.D = new Float64Array(size);
      if (layer.kind === "Dropout") layer.noise = new Uint16Array(size + 1);
    }
  }

  /** The outputs of the last layer for n rows; each layer keeps its own in Z and A. */
  forward(X, n, noise) {
    this.reserve(n);
    for (const layer of this.layers) {
      const size = n * layer.to;
      layer.X = X;
      if (layer.kind === "Dropout") this.drop(layer, X, size, noise);
      else {
        if (layer.kind === "Dense") affine(X, this.params, layer.weight, layer.bias, layer.Z, n, layer.from, layer.to);
        else layer.Z.set(X.subarray(0, size));
        if (layer.A !== layer.Z) layer.map.apply(layer.Z, layer.A, size);
      }
      X = layer.A;
    }
    return X;
  }

  drop(layer, X, size, noise) {
    layer.noisy = Boolean(noise);
    if (!noise) return void layer.A.set(X.subarray(0, size));
    noise.streams.bits(noise.epoch, noise.batch, layer.index, layer.limit, layer.noise, size);
    const scale = 65536 / (65536 - layer.limit);
    for (let i = 0; i < size; i++) layer.A[i] = layer.noise[i] >= layer.limit ? X[i] * scale : 0;
  }

  /** Loss sum over n rows, without penalties; slopes with respect to the outputs go to D of the last layer. */
  lossSum(Z, y, n) {
    const k = this.outputs, D = this.layers.at(-1).D, size = n * k, s = this.smoothing;
    if (this.isClasses) return softmaxLoss(Z, y, D, n, k, s);
    if (s) y = y.subarray(0, size).map((value) => value * (1 - s) + s / 2);
    this.loss.slope(Z, y, D, size, this.settings.loss);
    if (k > 1) for (let i = 0; i < size; i++) D[i] /= k;
    return this.loss.value(Z, y, size, this.settings.loss) / k;
  }

  /** Mean loss of a batch, without penalties, and its slopes in grads. */
  gradients(X, y, n, noise) {
    const Z = this.forward(X, n, noise), loss = this.lossSum(Z, y, n) / n;
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const layer = this.layers[l], { D } = layer, size = n * layer.to;
      const before = l ? this.layers[l - 1].D : null;
      if (layer.kind === "Dropout") {
        const scale = 65536 / (65536 - layer.limit);
        if (layer.noisy) for (let i = 0; i < size; i++) D[i] *= layer.noise[i] >= layer.limit ? scale : 0;
      } else if (layer.A !== layer.Z) layer.map.slope(layer.Z, layer.A, D, size);
      if (layer.kind === "Dense") {
        weightSlopes(layer.X, this.grads, layer.weight, layer.bias, D, n, layer.from, layer.to);
        if (before) inputSlopes(this.params, layer.weight, D, before, n, layer.from, layer.to);
      } else before?.set(D.subarray(0, size));
    }
    for (let i = 0; i < this.size; i++) this.grads[i] /= n;
    return loss;
  }

  /** What l1 and l2 add to the loss; with slopes they are added to grads. */
  penalty(addsSlopes) {
    const { l1 = 0, l2 = 0 } = this.settings, { params: P, grads: G } = this;
    let total = 0;
    if (!l1 && !l2) return 0;
    for (const { kind, weight, from, to, decay_factor: factor } of this.layers) {
      if (kind !== "Dense") continue;
      for (let i = weight; i < weight + from * to; i++) {
        total += factor * (l1 * Math.abs(P[i]) + l2 * P[i] * P[i]);
        if (addsSlopes) G[i] += factor * (l1 * Math.sign(P[i]) + 2 * l2 * P[i]);
      }
    }
    return total;
  }

  /** Move the parameters. */
  update() {
    const { optimizer } = this.settings, lr = optimizer.learning_rate, wd = optimizer.weight_decay ?? 0;
    this.t++;
    for (const layer of this.layers) {
      const { kind, weight, bias, from, to, trainable, rate_factor: rate, decay_factor: decay } = layer;
      if (kind !== "Dense" || !trainable) continue;
      const move = (start, count, strength) =>
        this.rule.update(this.params, this.grads, this.state, start, start + count, lr * rate, strength, this.t, optimizer);
      move(weight, from * to, wd * decay);
      if (bias >= 0) move(bias, to, 0);
    }
  }

  /** Predictions in the place of outputs: probabilities for the cross-entropies. */
  link(Z, n) {
    const k = this.outputs, out = Float64Array.from(Z.subarray(0, n * k));
    if (this.isBinary) return out.map(sigmoid);
    for (let r = 0; this.isClasses && r < n; r++) {
      const start = r * k, top = largest(out, start, k);
      let sum = 0;
      for (let j = start; j < start + k; j++) sum += out[j] = Math.exp(out[j] - top);
      for (let j = start; j < start + k; j++) out[j] /= sum;
    }
    return out;
  }
}

/** Take over what may change of a layer: how it is trained, and the rate of dropout. */
function tune(layer, { rate, tuning }) {
  Object.assign(layer, { trainable: true, rate_factor: 1, decay_factor: 1 }, tuning);
  if (layer.kind === "Dropout") layer.limit = Math.min(roundHalfEven(rate * 65536), 65535);
}

function roundHalfEven(x) {
  const low = Math.floor(x), part = x - low;
  return part > 0.5 || (part === 0.5 && low % 2) ? low + 1 : low;
}

const RECTIFIERS = /^(relu|leaky_relu|elu|gelu|silu|mish|softplus|LeakyReLU|ELU)/;

/** Half the width of a uniform initial distribution, or null where a layer does not start from one. */
export function uniformLimit({ initializer, activation }, from, to) {
  const name = initializer ?? (RECTIFIERS.test(activation) ? "he_uniform" : activation === "selu" ? "lecun_normal" : "glorot_uniform");
  const limits = {
    glorot_uniform: Math.sqrt(6 / (from + to)), he_uniform: Math.sqrt(6 / from), lecun_uniform: Math.sqrt(3 / from),
    tutorial: 0.5, uniform: 1, zeros: 0,
  };
  return limits[name] ?? null;
}
