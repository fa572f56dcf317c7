// A room with Apollo Client 4.

import { gql } from "@apollo/client";
import { merge, uuid } from "../chats.mjs";
import { inTurn } from "../patience.mjs";
import { ownAfter, Wishes } from "../reactions.mjs";
import { Previews, sparingly, Typing } from "../typing.mjs";
import { reasonOf } from "./client.mjs";

const CHAT = "id number username text editedAt deletedAt reactions { emoji count users { username } }";
const ROOM = gql`query Room($room: ID!) { me { id } chats(room: $room) { nodes { ${CHAT} myReactions } syncCursor } }`;
const EVENTS = gql`subscription Events($rooms: [ID!], $after: [Cursor!]) {
  events(rooms: $rooms, after: $after) { kind cursor emoji preview actor { id username } chat { ${CHAT} } } }`;
const SEND = gql`mutation Send($room: ID!, $text: String!, $id: ID!) {
  sendChat(room: $room, text: $text, id: $id) { id number username } }`;
const REACT = gql`mutation React($chat: ID!, $emoji: String!, $on: Boolean!) {
  react(chat: $chat, emoji: $emoji, on: $on) { id } }`;
const TYPING = gql`mutation SetTyping($room: ID!) { setTyping(room: $room) { id } }`;

/** openRoom shows a room with the client that connect made: see ../plain.mjs for what it calls. */
export function openRoom(client, room, { show, heard, ended, typing = () => {}, previews = () => {} }) {
  const { cache } = client;
  const queue = inTurn();
  let closed = false;
  let waiting = []; // chats of ours that the stream has not brought yet
  let me, stream;

  const stored = () => cache.readQuery({ query: ROOM, variables: { room } })?.chats.nodes ?? [];
  const put = () => show(merge(waiting, stored()).map((chat) => wishes.shown(chat)));
  const wishes = new Wishes((wish) => client.mutate({ mutation: REACT, variables: wish }), put);
  const others = new Typing(typing);
  const bots = new Previews(previews);
  const watch = client.watchQuery({ query: ROOM, variables: { room }, fetchPolicy: "cache-only" }).subscribe(put);

  async function begin() {
    const { data } = await client.query({ query: ROOM, variables: { room }, fetchPolicy: "network-only" });
    me = data.me.id;
    if (!closed) follow(data.chats.syncCursor);
  }

  // An edit or a deletion is in the cache by now: the event carries the chat as it is, under its id.
  function next(event) {
    others.happened(event);
    reacted(event);
    if (event.kind === "CHAT_SENT") sent(event.chat);
    bots.happened(event); // behind the chat, which takes its place
  }

  function sent(chat) {
    heard(chat);
    waiting = waiting.filter(({ id }) => id !== chat.id);
    cache.updateQuery(
      { query: ROOM, variables: { room } },
      (data) =>
        data && {
          ...data,
          chats: { ...data.chats, nodes: [...data.chats.nodes, { ...chat, myReactions: [] }] },
        },
    );
  }

  // Reactions are in the cache by now, too. Which are one's own the stream does not say, but who did it.
  function reacted(event) {
    wishes.happened(event, me);
    if (!event.chat) return;
    cache.modify({ id: cache.identify(event.chat), fields: { myReactions: (own) => ownAfter(own, event, me) } });
  }

  const react = (chat, emoji, on) =>
    wishes.react(chat, emoji, on).catch((error) => {
      throw reasonOf(error);
    });

  function follow(after) {
    const events = client.subscribe({ query: EVENTS, variables: { rooms: [room], after: [after] } });
    stream = events.subscribe(({ data, error }) => (error ? lost(reasonOf(error)) : next(data.events)));
  }

  function lost(refusal) {
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    waiting = waiting.filter(({ number }) => number === null);
    wishes.restart();
    cache.evict({ id: "ROOT_QUERY", fieldName: "chats", broadcast: false }); // a backup was put back: begin again
    begin().catch((error) => ended(reasonOf(error)));
  }

  async function send(text) {
    const id = uuid();
    waiting.push({ id, text, number: null });
    put();
    try {
      const { data } = await queue(() => client.mutate({ mutation: SEND, variables: { room, text, id } }));
      waiting = waiting.map((chat) => (chat.id === id ? { ...chat, ...data.sendChat } : chat));
    } catch (error) {
      waiting = waiting.filter((chat) => chat.id !== id);
      throw reasonOf(error);
    } finally {
      put();
    }
  }

  function close() {
    closed = true;
    others.stop();
    bots.stop();
    stream?.unsubscribe();
    watch.unsubscribe();
  }

  const opened = begin().catch((error) => {
    throw reasonOf(error);
  });
  const setTyping = sparingly(() => client.mutate({ mutation: TYPING, variables: { room } }));
  return { opened, send, react, setTyping, close };
}
