// A room with urql.

import { merge, uuid } from "../chats.mjs";
import { inTurn } from "../patience.mjs";
import { ROOM, SEND, SENT } from "./documents.mjs";

/** openRoom shows a room with the client that connect made: see ../plain.mjs for what it calls. */
export function openRoom(client, room, { show, heard, ended }) {
  const queue = inTurn();
  let closed = false;
  let stored = [];
  let waiting = []; // chats of ours that are not stored yet
  let stream;
  const put = () => show(merge(stored, waiting));

  const watch = client.query(ROOM, { room }).subscribe(({ data }) => {
    stored = data?.chats.nodes ?? stored;
    put();
  });

  // #region follow
  async function begin() {
    const { data, error } = await client.query(ROOM, { room }, { requestPolicy: "network-only" });
    if (error) throw error;
    if (!closed) follow(data.chats.syncCursor);
  }

  function follow(after) {
    stream = client.subscription(SENT, { room, after }).subscribe(({ data, error }) => {
      if (error) return lost(error);
      heard(data.chatSent);
    });
  }

  function lost(refusal) {
    if (refusal.graphQLErrors[0]?.extensions.code !== "CURSOR_DIVERGED") return ended(refusal);
    begin().catch(ended); // a backup was put back: the new page takes the place of the list
  }
  // #endregion

  // #region send
  async function send(text) {
    const id = uuid();
    waiting.push({ id, text, number: null });
    put();
    const { error } = await queue(() => client.mutation(SEND, { room, text, id }).toPromise());
    waiting = waiting.filter((chat) => chat.id !== id);
    put();
    if (error) throw error;
  }
  // #endregion

  function close() {
    closed = true;
    stream?.unsubscribe();
    watch.unsubscribe();
  }

  return { opened: begin(), send, close };
}
