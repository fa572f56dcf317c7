// A room with urql.

import { merge, uuid } from "../chats.mjs";
import { inTurn } from "../patience.mjs";
import { Wishes } from "../reactions.mjs";
import { Previews, sparingly, Typing } from "../typing.mjs";
import { reasonOf } from "./client.mjs";
import { EVENTS, REACT, ROOM, SEND, TYPING } from "./documents.mjs";

/** openRoom shows a room with the client that connect made: see ../plain.mjs for what it calls. */
export function openRoom(client, room, { show, heard, ended, typing = () => {}, previews = () => {} }) {
  const queue = inTurn();
  let closed = false;
  let stored = [];
  let waiting = []; // chats of ours that the stream has not brought yet
  let me, stream;
  const put = () => show(merge(waiting, stored).map((chat) => wishes.shown(chat)));
  const wishes = new Wishes((wish) => run(REACT, wish), put);
  const others = new Typing(typing);
  const bots = new Previews(previews);

  const watch = client.query(ROOM, { room }).subscribe(({ data }) => {
    stored = data?.chats.nodes ?? stored;
    put();
  });

  async function begin() {
    const { data, error } = await client.query(ROOM, { room }, { requestPolicy: "network-only" });
    if (error) throw reasonOf(error);
    me = data.me.id;
    if (!closed) follow(data.chats.syncCursor);
  }

  function follow(after) {
    const events = client.subscription(EVENTS, { rooms: [room], after: [after] });
    stream = events.subscribe(({ data, error }) => (error ? lost(reasonOf(error)) : next(data.events)));
  }

  function next(event) {
    others.happened(event);
    bots.happened(event);
    wishes.happened(event, me);
    const { kind, chat } = event;
    if (kind !== "CHAT_SENT") return;
    heard(chat);
    waiting = waiting.filter(({ id }) => id !== chat.id);
  }

  function lost(refusal) {
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    waiting = waiting.filter(({ number }) => number === null);
    wishes.restart();
    begin().catch(ended); // a backup was put back: the new page takes the place of the list
  }

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

  async function run(mutation, variables) {
    const { error } = await client.mutation(mutation, variables);
    if (error) throw reasonOf(error);
  }

  const react = (chat, emoji, on) => wishes.react(chat, emoji, on);
  const setTyping = sparingly(() => run(TYPING, { room }));

  function close() {
    closed = true;
    others.stop();
    bots.stop();
    stream?.unsubscribe();
    watch.unsubscribe();
  }

  return { opened: begin(), send, react, setTyping, close };
}
