// What this tab could not write because the storage is full or forbidden. It counts here until it can be.
const unwritten = new Map<string, string>();

const attempt = <Result>(work: () => Result): Result | undefined => {
  try {
    return work();
  } catch {
    return undefined; // SecurityError where storage is forbidden, QuotaExceededError where it is full
  }
};

addEventListener("storage", ({ key }) => {
  if (key === null) unwritten.clear();
  else unwritten.delete(key); // another tab has the last word
});

/** disk is localStorage, or as much of it as there is: whatever it refuses is remembered by this tab alone. */
export const disk = {
  get: (key: string): string | null => unwritten.get(key) ?? attempt(() => localStorage.getItem(key)) ?? null,

  /** set returns whether it will outlive this tab. */
  set(key: string, text: string): boolean {
    const written = attempt(() => {
      localStorage.setItem(key, text);
      return true;
    });
    if (written) unwritten.delete(key);
    else unwritten.set(key, text);
    return written ?? false;
  },

  remove(key: string): void {
    unwritten.delete(key);
    attempt(() => localStorage.removeItem(key));
  },

  /** keys are those that begin so. */
  keys: (start: string): string[] =>
    [...new Set([...unwritten.keys(), ...(attempt(() => Object.keys(localStorage)) ?? [])])].filter((key) => key.startsWith(start)),
};

/** readJson is what somebody has stored as JSON, or undefined when it is nothing of ours. */
export function readJson(text: string | null): unknown {
  return text === null ? undefined : attempt(() => JSON.parse(text) as unknown);
}
