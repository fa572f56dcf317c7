// A room without a framework or a cache: fetch for what is asked, and whatever stream `follow` brings.

import { apply, merge, uuid } from "./chats.mjs";
import { openMyRooms as open } from "./myrooms.mjs";
import { inTurn } from "./patience.mjs";
import { ownAfter, Wishes } from "./reactions.mjs";
import { Previews, sparingly, Typing } from "./typing.mjs";

const CHAT = "id number username text editedAt deletedAt reactions { emoji count users { username } }";
const PAGE = `query ($room: ID!) { me { id } chats(room: $room) { nodes { ${CHAT} myReactions } syncCursor } }`;
const EVENTS = `subscription ($rooms: [ID!], $after: [Cursor!]) {
  events(rooms: $rooms, after: $after) { kind cursor emoji preview actor { id username } chat { ${CHAT} } } }`;
const SEND = `mutation ($room: ID!, $text: String!, $id: ID!) {
  sendChat(room: $room, text: $text, id: $id) { id number username } }`;
const REACT = `mutation ($chat: ID!, $emoji: String!, $on: Boolean!) { react(chat: $chat, emoji: $emoji, on: $on) { id } }`;
const TYPING = `mutation ($room: ID!) { setTyping(room: $room) { id } }`;

/**
 * openRoom shows a room. `show` gets all chats, oldest first, whenever they change; `heard` gets each new
 * chat of the stream, once; `ended` gets the reason why nothing more will come, `typing` the usernames of those
 * who are typing, and `previews` what bots have written so far.
 */
export function openRoom({ session, follow }, room, { show, heard, ended, typing = () => {}, previews = () => {} }) {
  const queue = inTurn();
  let stored = [];
  let waiting = []; // chats of ours that the stream has not brought yet
  let closed = false;
  let me, stop;
  const put = () => show(merge(waiting, stored).map((chat) => wishes.shown(chat)));
  const wishes = new Wishes((wish) => session.ask(REACT, wish), put);
  const others = new Typing(typing);
  const bots = new Previews(previews);

  // #region list
  async function begin() {
    const page = await session.ask(PAGE, { room });
    if (closed) return;
    const { chats } = page;
    me = page.me.id;
    stored = chats.nodes;
    put();
    stop = follow({ query: EVENTS, variables: { rooms: [room], after: [chats.syncCursor] } }, { next, error: lost });
  }

  function next(event) {
    if (event.kind === "CHAT_SENT") heard(event.chat);
    others.happened(event);
    wishes.happened(event, me);
    stored = apply(stored, withOwn(event));
    waiting = waiting.filter(({ id }) => id !== event.chat?.id);
    put();
    bots.happened(event); // behind the chat, which takes its place
  }

  // An event is the same for all, and so is its chat: which reactions are one's own is what it was, and what was done.
  function withOwn(event) {
    if (!event.chat) return event;
    const { myReactions = [] } = stored.find(({ id }) => id === event.chat.id) ?? {};
    return { ...event, chat: { ...event.chat, myReactions: ownAfter(myReactions, event, me) } };
  }
  // #endregion

  // #region diverged
  function lost(refusal) {
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    waiting = waiting.filter(({ number }) => number === null);
    wishes.restart();
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
    others.stop();
    bots.stop();
    stop?.();
  }

  const react = (chat, emoji, on) => wishes.react(chat, emoji, on);
  const setTyping = sparingly(() => session.ask(TYPING, { room }));
  return { opened: begin(), send, react, setTyping, close };
}

/** openMyRooms lists the rooms one is in: see myrooms.mjs for what it calls. */
export function openMyRooms({ session, follow }, view) {
  const ask = (document, variables) => session.ask(document, variables);
  return open({ ask, change: ask, follow }, view);
}
