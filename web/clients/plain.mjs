// A room without a framework or a cache: fetch for what is asked, and whatever stream `follow` brings.

import { merge, uuid } from "./chats.mjs";
import { inTurn } from "./patience.mjs";

const CHAT = "{ id number username text cursor }";
const PAGE = `query ($room: ID!) { chats(room: $room) { nodes ${CHAT} syncCursor } }`;
const SENT = `subscription ($room: ID!, $after: Cursor) { chatSent(room: $room, after: $after) ${CHAT} }`;
const SEND = `mutation ($room: ID!, $text: String!, $id: ID!) { sendChat(room: $room, text: $text, id: $id) ${CHAT} }`;

/**
 * openRoom shows a room. `show` gets all chats, oldest first, whenever they change; `heard` gets each
 * chat of the stream, once; `ended` gets the reason why nothing more will come.
 */
export function openRoom({ session, follow }, room, { show, heard, ended }) {
  const queue = inTurn();
  let list = [];
  let closed = false;
  let stop;
  const put = (...chats) => show((list = merge(list, chats)));

  // #region list
  async function begin() {
    const { chats } = await session.ask(PAGE, { room });
    if (closed) return;
    put(...chats.nodes);
    stop = follow({ query: SENT, variables: { room, after: chats.syncCursor } }, { next, error: lost });
  }

  function next(chat) {
    heard(chat);
    put(chat);
  }
  // #endregion

  // #region diverged
  function lost(refusal) {
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    list = []; // the server was put back to a backup: what we show may never have happened
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

  function close() {
    closed = true;
    stop?.();
  }

  return { opened: begin(), send, close };
}
