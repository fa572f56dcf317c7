/** Readable is a value that changes. It fits React's useSyncExternalStore, and every other library that has a word for this. */
export interface Readable<Value> {
  /** get is the value now: the same object until it changes. */
  readonly get: () => Value;
  /** subscribe calls back after each change, until what it returns is called. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Signal tells that something has changed. */
export class Signal {
  readonly #listeners = new Set<() => void>();
  #due: ReturnType<typeof setTimeout> | undefined;

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener(); // the same function may come twice
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  };

  /** tell calls all who listen. */
  tell(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    for (const listener of this.#listeners) listener();
  }

  /** soon is tell in a moment: what comes together, as after a time away, is told once. */
  soon(): void {
    this.#due ??= setTimeout(() => this.tell());
  }
}

/** Cell is a Readable that is set. */
export class Cell<Value> implements Readable<Value> {
  #value: Value;
  readonly #signal = new Signal();
  readonly subscribe = this.#signal.subscribe;

  constructor(value: Value) {
    this.#value = value;
  }

  readonly get = (): Value => this.#value;

  set(value: Value): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#signal.tell();
  }
}

/** Derived is a Readable that is computed when it is asked for, and again after `changed`. */
export class Derived<Value> implements Readable<Value> {
  #value: { is: Value } | undefined;
  readonly #compute: () => Value;
  readonly #signal = new Signal();
  readonly subscribe = this.#signal.subscribe;

  constructor(compute: () => Value) {
    this.#compute = compute;
  }

  readonly get = (): Value => (this.#value ??= { is: this.#compute() }).is;

  /** changed says that the value is another now. Who listens is told in a moment, or `now`. */
  changed(now = false): void {
    this.#value = undefined;
    if (now) this.#signal.tell();
    else this.#signal.soon();
  }
}
