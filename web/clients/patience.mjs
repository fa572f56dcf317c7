// Waiting for a network that is away, and for a server that says "not now".

/**
 * pause waits before the next attempt, n of which have failed before: a tenth of a second, then twice as
 * long each time up to ten seconds, and never less than the server asked for.
 */
export async function pause(n, least = 0) {
  const most = Math.max(least, Math.min(100 * 2 ** n, 10_000));
  await new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", wake);
      resolve();
    };
    const timer = setTimeout(wake, Math.max(least, most * (0.5 + Math.random() / 2)));
    globalThis.addEventListener?.("online", wake); // in a browser: the network is back
  });
}

// #region patiently
/** patiently makes a fetch that sends again until there is an answer. For what may be sent twice. */
export function patiently(fetch, wait, most = 15_000) {
  return async (url, init) => {
    for (let n = 0; ; n++) {
      let least;
      const signals = [AbortSignal.timeout(most), ...(init.signal ? [init.signal] : [])];
      try {
        const answer = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
        const text = await answer.text(); // all of it: the connection may break in the middle
        if (!notNow(answer.status, text)) return new Response(text, answer);
        least = Number(/"retryAfterMs":(\d+)/.exec(text)?.[1] ?? 0);
      } catch (error) {
        if (init.signal?.aborted) throw error;
      }
      await wait(n, least);
    }
  };
}

const notNow = (status, text) => [429, 502, 503, 504].includes(status) || text.includes('"retryable":true');
// #endregion

/** inTurn makes a queue: what is given to it runs one after the other. */
export function inTurn() {
  let last = Promise.resolve();
  return (work) => (last = last.then(work, work));
}
