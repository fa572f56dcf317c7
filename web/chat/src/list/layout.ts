/** Layout knows where every row of a list lies: measured heights, and guesses for rows that were never shown. */
export class Layout {
  #keys: readonly string[] = [];
  #guess: (index: number) => number = () => 0;
  #index = new Map<string, number>();
  #tops: Float64Array = new Float64Array(1);
  #stale = true;
  readonly #measured = new Map<string, number>();

  /** update takes the rows as they are now, and says whether they are others than before. */
  update(keys: readonly string[], guess: (index: number) => number): boolean {
    if (keys === this.#keys) return false;
    this.#keys = keys;
    this.#guess = guess;
    this.#index = new Map(keys.map((key, index) => [key, index]));
    this.#stale = true;
    return true;
  }

  /** measure notes a row's height in px, and says whether that is news. */
  measure(key: string, height: number): boolean {
    const known = this.#measured.get(key);
    // Browsers round to sixty-fourths of a pixel.
    if (known !== undefined && Math.abs(known - height) < 0.05) return false;
    this.#measured.set(key, height);
    this.#stale = true;
    return true;
  }

  /** forget drops all that was measured: at another width everything is another height. */
  forget(): void {
    this.#measured.clear();
    this.#stale = true;
  }

  get count(): number {
    return this.#keys.length;
  }

  get total(): number {
    return this.#fresh()[this.count]!;
  }

  /** top is where a row begins; that of the row behind the last is where the list ends. */
  top(index: number): number {
    return this.#fresh()[index]!;
  }

  indexOf(key: string): number | undefined {
    return this.#index.get(key);
  }

  keyAt(index: number): string | undefined {
    return this.#keys[index];
  }

  /** at is the row that lies at a height, between the first and the last. */
  at(y: number): number {
    const tops = this.#fresh();
    let low = 0;
    let high = Math.max(0, this.count - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (tops[middle]! <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #fresh(): Float64Array {
    if (!this.#stale) return this.#tops;
    const tops = new Float64Array(this.count + 1);
    for (let i = 0; i < this.count; i++) {
      tops[i + 1] = tops[i]! + (this.#measured.get(this.#keys[i]!) ?? this.#guess(i));
    }
    this.#tops = tops;
    this.#stale = false;
    return tops;
  }
}
