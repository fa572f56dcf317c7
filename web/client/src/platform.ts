/** KeyValue is what is used of localStorage. */
export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Wait rests before another try, of which `tries` have failed, at least `least` ms. It may end early: the network is back. */
export type Wait = (tries: number, least?: number) => Promise<void>;

/** uuid makes a version 4 UUID. crypto.randomUUID exists on https and localhost only. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// What the browser says about the network and the page. Elsewhere nobody says anything.
const page: Partial<EventTarget> = globalThis;

/** listen hears an event of the page until what it returns is called. */
export function listen(event: string, heard: (event: Event) => void): () => void {
  page.addEventListener?.(event, heard);
  return () => page.removeEventListener?.(event, heard);
}

/** isOnline is false only where the browser knows that there is no network. */
export const isOnline = (): boolean => globalThis.navigator?.onLine !== false;

/** sleep ends after so many ms, or when the browser finds its network again. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      deaf();
      resolve();
    };
    const timer = setTimeout(done, ms);
    const deaf = listen("online", done);
  });
}

/** backOff waits a fifth of a second, then twice as long each time up to ten seconds, half of it by chance. */
export const backOff: Wait = (tries, least = 0) =>
  sleep(Math.max(least, Math.min(10_000, 200 * 2 ** tries) * (0.5 + Math.random() / 2)));

/** memory is a storage that lives as long as the page. */
export function memory(): KeyValue {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

/** durable is a storage that never throws. What it does not take, because it is forbidden or full, is kept as long as the page lives. */
export function durable(storage: KeyValue | undefined): KeyValue {
  const here = memory();
  const attempt = <Result>(work: (storage: KeyValue) => Result): Result | undefined => {
    try {
      return storage && work(storage);
    } catch {
      return undefined;
    }
  };
  return {
    getItem: (key) => here.getItem(key) ?? attempt((disk) => disk.getItem(key)) ?? null,
    setItem(key, value) {
      here.removeItem(key);
      const kept = attempt((disk) => (disk.setItem(key, value), true));
      if (!kept) here.setItem(key, value);
    },
    removeItem(key) {
      here.removeItem(key);
      attempt((disk) => disk.removeItem(key));
    },
  };
}

/** localDisk is localStorage. In a private window, or where it is forbidden, there may be none. */
export function localDisk(): KeyValue | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
