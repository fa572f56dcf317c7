// A room with graphql-ws for the stream and fetch for the rest: no framework, no cache.

import { merge, uuid } from "../chats.mjs";
import { inTurn } from "../patience.mjs";
import { Refused } from "../session.mjs";
import { openSocket } from "../socket.mjs";

const CHAT = "{ id number username text cursor }";
const PAGE = `query ($room: ID!) { chats(room: $room) { nodes ${CHAT} syncCursor } }`;
const SENT = `subscription ($room: ID!, $after: Cursor) { chatSent(room: $room, after: $after) ${CHAT} }`;
const SEND = `mutation ($room: ID!, $text: String!, $id: ID!) { sendChat(room: $room, text: $text, id: $id) ${CHAT} }`;

/**
 * openRoom shows a room. `show` gets all chats, oldest first, whenever they change; `heard` gets each
 * chat of the stream, once; `ended` gets the reason why nothing more will come.
 */
export function openRoom(session, room, { show, heard, ended }, options) {
  const socket = openSocket(session, options);
  const queue = inTurn();
  let list = [];
  let stop;
  const put = (...chats) => show((list = merge(list, chats)));

  // #region list
  async function begin() {
    const { chats } = await session.ask(PAGE, { room });
    put(...chats.nodes);
    follow(chats.syncCursor);
  }
  // #endregion

  // #region resume
  function follow(after) {
    const variables = { room, after };
    stop = socket.subscribe(
      { query: SENT, variables },
      {
        next({ data: { chatSent: chat } }) {
          variables.after = chat.cursor; // graphql-ws reads it again whenever it reconnects
          heard(chat);
          put(chat);
        },
        error: lost,
        complete() {},
      },
    );
  }
  // #endregion

  // #region diverged
  function lost(reason) {
    const refusal = Array.isArray(reason) ? new Refused(reason[0]) : reason;
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    list = []; // the server was restored from a backup: what we show may never have happened
    begin().catch(ended);
  }
  // #endregion

  // #region send
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
  // #endregion

  return { opened: begin(), send, close: () => stop?.() }; // the socket closes with its last stream
}
