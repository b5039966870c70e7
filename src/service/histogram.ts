/** Buckets for each doubling. The upper bound of a bucket is at most 2^(1/44) = 1.6 % above its lower one. */
const perDoubling = 44;
/** The smallest latency told apart, in milliseconds. */
const smallest = 0.001;
/** From a microsecond to about 18 minutes. */
const buckets = perDoubling * 30;

/** The doublings that are shown one by one: from 2^8 µs, a quarter of a millisecond, to 2^26 µs, about a minute. */
const shownDoublings = Array.from({ length: 19 }, (_, index) => index + 8);

/** How many latencies were at most `upTo` milliseconds. */
export interface LatencyBucket {
  readonly upTo: number;
  readonly count: number;
}

/** Latencies in logarithmic buckets of fixed number: constant memory, percentiles with a known error. */
export class Histogram {
  readonly #counts = new Uint32Array(buckets);
  #count = 0;
  #sum = 0;
  #max = 0;

  /**
   * @param latency in milliseconds
   * @param times so many latencies were as long
   */
  record(latency: number, times = 1): void {
    const index = latency <= smallest ? 0 : Math.ceil(Math.log2(latency / smallest) * perDoubling);
    this.#counts[Math.min(index, buckets - 1)]! += times;
    this.#count += times;
    this.#sum += latency * times;
    if (latency > this.#max) this.#max = latency;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** Of all latencies, in milliseconds. */
  get sum(): number {
    return this.#sum;
  }

  get max(): number {
    return this.#max;
  }

  /** The latency that `percent` of all did not exceed, in milliseconds; 0 when there are none. */
  percentile(percent: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.ceil((percent / 100) * this.#count);
    let index = 0;
    for (let seen = this.#counts[0]!; seen < rank; seen += this.#counts[index]!) index++;
    // The last bucket holds whatever is longer.
    return index === buckets - 1 ? this.#max : Math.min(this.#max, smallest * 2 ** (index / perDoubling));
  }

  /** Exact counts for every doubling of the latency, each including the ones before it: their bounds are bounds of the buckets. */
  cumulative(): LatencyBucket[] {
    let index = 0;
    let count = 0;
    return shownDoublings.map((doubling) => {
      // What is left to count is above.
      for (; index <= doubling * perDoubling && count < this.#count; index++) count += this.#counts[index]!;
      return { upTo: smallest * 2 ** doubling, count };
    });
  }
}
