// A room without a framework or a cache: fetch for what is asked, and whatever stream `follow` brings.

import { apply, merge, uuid } from "./chats.mjs";
import { openMyRooms as open } from "./myrooms.mjs";
import { inTurn } from "./patience.mjs";

const CHAT = "{ id number username text editedAt deletedAt }";
const PAGE = `query ($room: ID!) { chats(room: $room) { nodes ${CHAT} syncCursor } }`;
const EVENTS = `subscription ($rooms: [ID!], $after: [Cursor!]) {
  events(rooms: $rooms, after: $after) { kind cursor chat ${CHAT} } }`;
const SEND = `mutation ($room: ID!, $text: String!, $id: ID!) {
  sendChat(room: $room, text: $text, id: $id) { id number username } }`;

/**
 * openRoom shows a room. `show` gets all chats, oldest first, whenever they change; `heard` gets each new
 * chat of the stream, once; `ended` gets the reason why nothing more will come.
 */
export function openRoom({ session, follow }, room, { show, heard, ended }) {
  const queue = inTurn();
  let stored = [];
  let waiting = []; // chats of ours that the stream has not brought yet
  let closed = false;
  let stop;
  const put = () => show(merge(waiting, stored));

  // #region list
  async function begin() {
    const { chats } = await session.ask(PAGE, { room });
    if (closed) return;
    stored = chats.nodes;
    put();
    stop = follow({ query: EVENTS, variables: { rooms: [room], after: [chats.syncCursor] } }, { next, error: lost });
  }

  function next(event) {
    if (event.kind === "CHAT_SENT") heard(event.chat);
    stored = apply(stored, event);
    waiting = waiting.filter(({ id }) => id !== event.chat?.id);
    put();
  }
  // #endregion

  // #region diverged
  function lost(refusal) {
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    waiting = waiting.filter(({ number }) => number === null);
    begin().catch(ended); // the server was put back to a backup: what we show may never have happened
  }
  // #endregion

  // #region send
  async function send(text) {
    const id = uuid();
    waiting.push({ id, text, number: null });
    put();
    try {
      const { sendChat } = await queue(() => session.ask(SEND, { room, text, id }));
      waiting = waiting.map((chat) => (chat.id === id ? { ...chat, ...sendChat } : chat));
    } catch (error) {
      waiting = waiting.filter((chat) => chat.id !== id);
      throw error;
    } finally {
      put();
    }
  }
  // #endregion

  function close() {
    closed = true;
    stop?.();
  }

  return { opened: begin(), send, close };
}

/** openMyRooms lists the rooms one is in: see myrooms.mjs for what it calls. */
export const openMyRooms = ({ session, follow }, view) =>
  open({ ask: (query, variables) => session.ask(query, variables), follow }, view);
