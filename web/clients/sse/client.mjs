// graphql-sse: streams over server-sent events, where WebSockets are not let through. For openRoom of ../plain.mjs.

import { createClient } from "graphql-sse";
import { Places } from "../places.mjs";
import { Refused } from "../session.mjs";

/** connect returns what openRoom needs; one for all rooms of a page. */
export function connect(session, { silence = 40_000 } = {}) {
  let token;
  const events = createClient({
    url: session.url,
    headers: async () => ({ authorization: `Bearer ${(token = await session.token())}` }),
    async fetchFn(url, init) {
      const answer = await listen(url, init, silence);
      if (answer.status === 401) session.expire(token); // it tries again, and asks for the headers again
      return answer;
    },
    retryAttempts: Infinity,
    retry: session.wait,
  });

  // #region resume
  function follow({ query, variables }, { next, error }) {
    const places = new Places(variables.after);
    const sink = {
      next({ data, errors }) {
        if (errors) return error(new Refused(errors[0]));
        variables.after = places.moved(data.events); // graphql-sse reads it again whenever it reconnects
        next(data.events);
      },
      error,
      complete() {},
    };
    return events.subscribe({ query, variables }, sink);
  }
  // #endregion

  return { session, follow };
}

// A connection can die without a word. The server says something every 15 seconds, if only ":".
async function listen(url, init, silence) {
  const dead = new AbortController();
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => dead.abort(new TypeError("the stream fell silent")), silence);
  };
  init.signal.addEventListener("abort", () => clearTimeout(timer));
  heard();
  const answer = await fetch(url, { ...init, signal: AbortSignal.any([init.signal, dead.signal]) });
  const transform = (chunk, controller) => {
    heard();
    controller.enqueue(chunk);
  };
  return new Response(answer.body.pipeThrough(new TransformStream({ transform })), answer);
}
