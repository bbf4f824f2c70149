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

  /** The numbers of the rows after a step, one row after the other, and of the newest row in any case. */
  since(step) {
    const { width, numbers, newest } = this;
    let from = numbers.length;
    while (from && numbers[from - width] > step) from -= width;
    const isNewer = newest[0] > step && newest[0] > (numbers.at(-width) ?? 0);
    return Float64Array.from([...numbers.slice(from), ...(isNewer ? newest : [])]);
  }

  /** The row of a step, or null where it is not kept. */
  at(step) {
    const { width, numbers, newest } = this;
    if (newest[0] === step) return newest;
    let from = numbers.length - width;
    while (from >= 0 && numbers[from] > step) from -= width;
    return numbers[from] === step ? numbers.slice(from, from + width) : null;
  }

  /** A copy without what came after a step. */
  upTo(step) {
    const other = new Record(this.width, this.most), rows = this.since(0);
    for (let i = 0; i < rows.length && rows[i] <= step; i += this.width) other.push(...rows.slice(i, i + this.width));
    other.every = this.every;
    other.count *= this.every;
    return other;
  }
}
