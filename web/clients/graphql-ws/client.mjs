// graphql-ws alone: streams over one WebSocket. For openRoom of ../plain.mjs.

import { Places } from "../places.mjs";
import { Refused } from "../session.mjs";
import { openSocket } from "../socket.mjs";

/** connect returns what openRoom needs; one for all rooms of a page. */
export function connect(session, options) {
  const socket = openSocket(session, options);

  // #region resume
  function follow({ query, variables }, { next, error }) {
    const places = new Places(variables.after);
    const sink = {
      next({ data: { events: event } }) {
        variables.after = places.moved(event); // graphql-ws reads it again whenever it reconnects
        next(event);
      },
      error: (reason) => error(Array.isArray(reason) ? new Refused(reason[0]) : reason),
      complete() {},
    };
    return socket.subscribe({ query, variables }, sink);
  }
  // #endregion

  return { session, follow };
}
