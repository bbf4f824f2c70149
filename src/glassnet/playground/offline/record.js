/** Rows of numbers that begin with a step; whenever there are too many, every second goes. */
export class Record {
  constructor(width, most) {
    Object.assign(this, { width, most, numbers: [], every: 1, count: 0, newest: [0] });
  }

  get step() { return this.newest[0]; }

  push(...row) {
    this.newest = row;
    if (this.count++ % this.every) return;
    this.numbers.push(...row);
    if (this.numbers.length <= this.most * this.width) return;
    this.numbers = this.numbers.filter((_, i) => Math.floor(i / this.width) % 2 === 0);
    this.every *= 2;
  }

  /** The rows after a step, and the newest one in any case. */
  since(step) {
    const rows = [], { width, numbers, newest } = this;
    for (let i = numbers.length - width; i >= 0 && numbers[i] > step; i -= width) rows.push(Float64Array.from(numbers.slice(i, i + width)));
    if (newest[0] > step && newest[0] > (rows[0]?.[0] ?? 0)) rows.unshift(Float64Array.from(newest));
    return rows.reverse();
  }

  /** A copy without what came after a step. */
  upTo(step) {
    const other = new Record(this.width, this.most);
    for (const row of this.since(0)) if (row[0] <= step) other.push(...row);
    other.every = this.every;
    other.count *= this.every;
    return other;
  }
}
