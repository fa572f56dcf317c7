/** wait ends after ms milliseconds, earlier when the browser finds its network again. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });
}

/** backOff is how long to wait before the next try, in ms: 250, 500, 1000 … 8000, and up to half as much more. */
export const backOff = (tries: number) => Math.min(8000, 250 * 2 ** tries) * (1 + Math.random() / 2);
