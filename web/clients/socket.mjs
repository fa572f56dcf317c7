// One WebSocket for all streams of a page; it comes back by itself. For graphql-ws, Apollo and urql.

import { createClient } from "graphql-ws";

// #region socket
/**
 * openSocket returns a graphql-ws client that is signed in and never gives up while its session lives. When that
 * has ended, streams end with an error as the server writes it: a list of one, with a code.
 */
export function openSocket(session, { keepAlive = 10_000 } = {}) {
  let token, silence;
  const socket = createClient({
    url: session.url.replace(/^http/, "ws"),
    connectionParams: async () => ({ authorization: (token = await session.token()) }),
    retryAttempts: Infinity,
    retryWait: session.wait,
    shouldRetry: () => session.signedIn,
    keepAlive,
    on: {
      closed({ code }) {
        clearTimeout(silence);
        if (code === 4403) session.expire(token); // it ran out: come back with another
      },
      // A connection can die without a word. A ping that is not answered says so.
      ping: (received) => received || (silence = setTimeout(() => socket.terminate(), keepAlive / 2)),
      pong: (received) => received && clearTimeout(silence),
    },
  });
  const subscribe = (payload, sink) =>
    socket.subscribe(payload, { ...sink, error: (reason) => sink.error(isOver(reason) ? [over(session)] : reason) });
  const isOver = (reason) => {
    const ended = !Array.isArray(reason) && (reason.code === 4401 || !session.signedIn);
    if (ended) session.check();
    return ended;
  };
  return { ...socket, subscribe };
}

const over = ({ ended }) => ({
  message: ended?.message ?? "The session has ended.",
  extensions: { code: ended?.code ?? "SESSION_REVOKED", reason: ended?.reason },
});
// #endregion
