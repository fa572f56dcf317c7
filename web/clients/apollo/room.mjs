// A room with Apollo Client 4.

import { gql } from "@apollo/client";
import { merge, uuid } from "../chats.mjs";
import { inTurn } from "../patience.mjs";
import { codeOf } from "./client.mjs";

const CHAT = "{ id number username text cursor }";
const ROOM = gql`query Room($room: ID!) { chats(room: $room) { nodes ${CHAT} syncCursor } }`;
const SENT = gql`subscription Sent($room: ID!, $after: Cursor) { chatSent(room: $room, after: $after) ${CHAT} }`;
const SEND = gql`mutation Send($room: ID!, $text: String!, $id: ID!) { sendChat(room: $room, text: $text, id: $id) ${CHAT} }`;

/** openRoom shows a room with the client that connect made: see ../plain.mjs for what it calls. */
export function openRoom(client, room, { show, heard, ended }) {
  const { cache } = client;
  const queue = inTurn();
  let closed = false;
  let waiting = []; // chats of ours that are not stored yet
  let stream;

  const stored = () => cache.readQuery({ query: ROOM, variables: { room } })?.chats.nodes ?? [];
  const put = () => show(merge(stored(), waiting));
  const watch = client.watchQuery({ query: ROOM, variables: { room }, fetchPolicy: "cache-only" }).subscribe(put);

  // #region list
  async function begin() {
    const { data } = await client.query({ query: ROOM, variables: { room }, fetchPolicy: "network-only" });
    if (!closed) follow(data.chats.syncCursor);
  }

  const add = (chat) =>
    cache.updateQuery(
      { query: ROOM, variables: { room } },
      (data) =>
        data && {
          chats: { ...data.chats, nodes: [...data.chats.nodes, chat] },
        },
    );
  // #endregion

  // #region follow
  function follow(after) {
    stream = client.subscribe({ query: SENT, variables: { room, after } }).subscribe(({ data, error }) => {
      if (error) return lost(error);
      heard(data.chatSent);
      add(data.chatSent);
    });
  }

  function lost(refusal) {
    if (codeOf(refusal) !== "CURSOR_DIVERGED") return ended(refusal);
    cache.evict({ id: "ROOT_QUERY", fieldName: "chats", broadcast: false }); // a backup was put back: begin again
    begin().catch(ended);
  }
  // #endregion

  // #region send
  async function send(text) {
    const id = uuid();
    waiting.push({ id, text, number: null });
    put();
    try {
      const { data } = await queue(() => client.mutate({ mutation: SEND, variables: { room, text, id } }));
      add(data.sendChat);
    } finally {
      waiting = waiting.filter((chat) => chat.id !== id);
      put();
    }
  }
  // #endregion

  function close() {
    closed = true;
    stream?.unsubscribe();
    watch.unsubscribe();
  }

  return { opened: begin(), send, close };
}
