// A room with urql.

import { merge, uuid } from "../chats.mjs";
import { inTurn } from "../patience.mjs";
import { reasonOf } from "./client.mjs";
import { EVENTS, ROOM, SEND } from "./documents.mjs";

/** openRoom shows a room with the client that connect made: see ../plain.mjs for what it calls. */
export function openRoom(client, room, { show, heard, ended }) {
  const queue = inTurn();
  let closed = false;
  let stored = [];
  let waiting = []; // chats of ours that the stream has not brought yet
  let stream;
  const put = () => show(merge(waiting, stored));

  const watch = client.query(ROOM, { room }).subscribe(({ data }) => {
    stored = data?.chats.nodes ?? stored;
    put();
  });

  // #region follow
  async function begin() {
    const { data, error } = await client.query(ROOM, { room }, { requestPolicy: "network-only" });
    if (error) throw reasonOf(error);
    if (!closed) follow(data.chats.syncCursor);
  }

  function follow(after) {
    const events = client.subscription(EVENTS, { rooms: [room], after: [after] });
    stream = events.subscribe(({ data, error }) => (error ? lost(reasonOf(error)) : next(data.events)));
  }

  function next({ kind, chat }) {
    if (kind !== "CHAT_SENT") return;
    heard(chat);
    waiting = waiting.filter(({ id }) => id !== chat.id);
  }

  function lost(refusal) {
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    waiting = waiting.filter(({ number }) => number === null);
    begin().catch(ended); // a backup was put back: the new page takes the place of the list
  }
  // #endregion

  // #region send
  async function send(text) {
    const id = uuid();
    waiting.push({ id, text, number: null });
    put();
    const { data, error } = await queue(() => client.mutation(SEND, { room, text, id }).toPromise());
    if (error) waiting = waiting.filter((chat) => chat.id !== id);
    else waiting = waiting.map((chat) => (chat.id === id ? { ...chat, ...data.sendChat } : chat));
    put();
    if (error) throw reasonOf(error);
  }
  // #endregion

  function close() {
    closed = true;
    stream?.unsubscribe();
    watch.unsubscribe();
  }

  return { opened: begin(), send, close };
}
