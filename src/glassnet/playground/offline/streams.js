/** The random streams of `glassnet.utils.random_streams`, bit for bit as NumPy draws them. */

const TWO32 = 2 ** 32;
const INITIALISATION = 0, SHUFFLING = 2, NOISE = 3; // the spawn keys in random_streams.py

/** The words of NumPy's SeedSequence(seed, spawn_key=(stream,)).generate_state(count, uint32). */
function seedWords(seed, stream, count) {
  const entropy = [];
  let rest = BigInt(seed);
  do {
    entropy.push(Number(rest & 0xffffffffn));
    rest >>= 32n;
  } while (rest);
  while (entropy.length < 4) entropy.push(0);
  entropy.push(stream);

  let constant = 0x43b0d7e5;
  const hash = (value) => {
    value ^= constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  const mix = (x, y) => {
    const value = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y) | 0;
    return value ^ (value >>> 16);
  };
  const pool = [0, 1, 2, 3].map((i) => hash(entropy[i]));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  }
  for (const word of entropy.slice(4)) for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hash(word));

  constant = 0x8b51f9dd;
  return Array.from({ length: count }, (_, i) => {
    let value = pool[i % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    value = Math.imul(value, constant);
    return (value ^ (value >>> 16)) >>> 0;
  });
}

/** The upper 32 bits of a product of two 32-bit numbers. */
function high(a, b) {
  const a0 = a & 0xffff, a1 = a >>> 16, b0 = b & 0xffff, b1 = b >>> 16;
  const u = a1 * b0 + ((a0 * b0) >>> 16);
  return (a1 * b1 + (u >>> 16) + ((a0 * b1 + (u & 0xffff)) >>> 16)) >>> 0;
}

/** Write the product of the 64-bit numbers (h, l) and (bh, bl) to out: four words, the lowest first. */
function multiply(h, l, bh, bl, out) {
  const l01 = Math.imul(l, bh) >>> 0, l10 = Math.imul(h, bl) >>> 0;
  const second = high(l, bl) + l01 + l10;
  const third = high(l, bh) + high(h, bl) + (Math.imul(h, bh) >>> 0) + Math.floor(second / TWO32);
  out[0] = Math.imul(l, bl);
  out[1] = second;
  out[2] = third;
  out[3] = high(h, bh) + Math.floor(third / TWO32);
}

/** Philox 4x64-10, placed at a position: Salmon, Moraes, Dror & Shaw (2011). */
class Philox {
  constructor(seed, stream) {
    this.key = seedWords(seed, stream, 4);
    this.words = new Uint32Array(8);
    this.counter = new Uint32Array(8);
    this.products = [new Uint32Array(4), new Uint32Array(4)];
  }

  /** Go to the start of the numbers of a position. */
  at(first, second = 0, third = 0) {
    this.counter.set([0, 0, third, 0, second, 0, first, 0]);
    this.used = 8;
    return this;
  }

  /** The next 32 bits. */
  next() {
    if (this.used === 8) this.block();
    return this.words[this.used++];
  }

  block() {
    const c = this.words, [p, q] = this.products;
    this.counter[0]++;
    c.set(this.counter);
    let [k0, k1, k2, k3] = this.key;
    for (let round = 0; round < 10; round++) {
      multiply(c[1], c[0], 0xd2e7470e, 0xe14c6c93, p);
      multiply(c[5], c[4], 0xca5a8263, 0x95121157, q);
      const c2 = c[2], c3 = c[3], c6 = c[6], c7 = c[7];
      c[0] = q[2] ^ c2 ^ k0;
      c[1] = q[3] ^ c3 ^ k1;
      c[2] = q[0];
      c[3] = q[1];
      c[4] = p[2] ^ c6 ^ k2;
      c[5] = p[3] ^ c7 ^ k3;
      c[6] = p[0];
      c[7] = p[1];
      k1 = (k1 + 0x9e3779b9 + (k0 + 0x7f4a7c15 >= TWO32)) >>> 0;
      k0 = (k0 + 0x7f4a7c15) >>> 0;
      k3 = (k3 + 0xbb67ae85 + (k2 + 0x84caa73b >= TWO32)) >>> 0;
      k2 = (k2 + 0x84caa73b) >>> 0;
    }
    this.used = 0;
  }

  /** A whole number up to most, by masks as in Generator.permutation. */
  upTo(most) {
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    let word;
    do word = (this.next() & mask) >>> 0; while (word > most);
    return word;
  }
}

/** All that is random in a run: it follows from the seed. */
export class Streams {
  constructor(seed) {
    this.seed = seed;
    this.shuffling = new Philox(seed, SHUFFLING);
    this.noise = new Philox(seed, NOISE);
  }

  /** The order in which an epoch visits n rows. */
  order(epoch, n) {
    const order = Int32Array.from({ length: n }, (_, i) => i), draw = this.shuffling.at(epoch);
    for (let i = n - 1; i > 0; i--) {
      const j = draw.upTo(i), kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  }

  /** Fill out with 16-bit noise of one batch and layer; the lower 8 bits are drawn only where limit needs them. */
  bits(epoch, batch, layer, limit, out, count) {
    const draw = this.noise.at(epoch, batch, layer), words = 2 * Math.ceil(count / 8);
    let word;
    for (let i = 0; i < 4 * words; i++) {
      word = i & 3 ? word >>> 8 : draw.next();
      if (i < count) out[i] = (word & 0xff) << 8;
    }
    for (let i = 0, tied = 0; i < count; i++) {
      if (out[i] >>> 8 !== limit >>> 8) continue;
      word = tied++ & 3 ? word >>> 8 : draw.next();
      out[i] |= word & 0xff;
    }
  }

  /** A function that draws the initial parameters, uniform in [0, 1): default_rng, that is PCG64. */
  initialisation() {
    const mask = (1n << 128n) - 1n, factor = 0x2360ed051fc65da44385df649fccf645n;
    const words = seedWords(this.seed, INITIALISATION, 8).map(BigInt);
    const [s1, s0, i1, i0] = [0, 2, 4, 6].map((i) => words[i] | (words[i + 1] << 32n));
    const increment = ((((i1 << 64n) | i0) << 1n) | 1n) & mask;
    let state = ((increment + ((s1 << 64n) | s0)) * factor + increment) & mask;
    return () => {
      state = (state * factor + increment) & mask;
      const turn = state >> 122n, word = (state >> 64n) ^ (state & 0xffffffffffffffffn);
      const turned = BigInt.asUintN(64, (word >> turn) | (word << (64n - turn)));
      return Number(turned >> 11n) / 2 ** 53;
    };
  }
}
