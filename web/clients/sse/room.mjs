// A room with server-sent events, by graphql-sse: where WebSockets are not let through.

import { createClient } from "graphql-sse";
import { merge, uuid } from "../chats.mjs";
import { inTurn } from "../patience.mjs";
import { Refused } from "../session.mjs";

const CHAT = "{ id number username text cursor }";
const PAGE = `query ($room: ID!) { chats(room: $room) { nodes ${CHAT} syncCursor } }`;
const SENT = `subscription ($room: ID!, $after: Cursor) { chatSent(room: $room, after: $after) ${CHAT} }`;
const SEND = `mutation ($room: ID!, $text: String!, $id: ID!) { sendChat(room: $room, text: $text, id: $id) ${CHAT} }`;

/** openRoom shows a room: see ../graphql-ws/room.mjs for what it calls. */
export function openRoom(session, room, { show, heard, ended }) {
  const events = connect(session);
  const queue = inTurn();
  let list = [];
  let stop;
  const put = (...chats) => show((list = merge(list, chats)));

  async function begin() {
    const { chats } = await session.ask(PAGE, { room });
    put(...chats.nodes);
    follow({ room, after: chats.syncCursor });
  }

  // #region resume
  function follow(variables) {
    stop = events.subscribe(
      { query: SENT, variables },
      {
        next({ data, errors }) {
          if (errors) return lost(new Refused(errors[0]));
          variables.after = data.chatSent.cursor; // graphql-sse reads it again whenever it reconnects
          heard(data.chatSent);
          put(data.chatSent);
        },
        error: ended,
        complete() {},
      },
    );
  }
  // #endregion

  function lost(refusal) {
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    list = []; // the server was restored from a backup: what we show may never have happened
    begin().catch(ended);
  }

  async function send(text) {
    const id = uuid();
    put({ id, text, number: null });
    try {
      const { sendChat } = await queue(() => session.ask(SEND, { room, text, id }));
      put(sendChat);
    } catch (error) {
      list = list.filter((chat) => chat.id !== id);
      show(list);
      throw error;
    }
  }

  return { opened: begin(), send, close: () => stop?.() };
}

// #region sign-in
function connect(session) {
  let token;
  return createClient({
    url: session.url,
    headers: async () => ({ authorization: `Bearer ${(token = await session.token())}` }),
    async fetchFn(url, init) {
      const answer = await fetch(url, init);
      if (answer.status === 401) session.expire(token); // it tries again, and asks for the headers again
      return answer;
    },
    retryAttempts: Infinity,
    retry: session.wait,
  });
}
// #endregion
