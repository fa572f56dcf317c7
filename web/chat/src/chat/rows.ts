import { dayOf } from "../ui/time";
import type { Draft } from "./draft";
import type { Chat, Quoted } from "./pages";

/** Item is one row of a room: a chat, what is above the oldest, or the space below the newest. */
export type Item =
  | { key: "@edge" | "@below" }
  | {
      key: string;
      chat: Chat;
      /** It begins a run of chats of one person, so it says who and when. */
      head: boolean;
      /** It is the first of its day. */
      day: number | undefined;
      /** It is the first of those that had not been read when the room was opened. */
      fresh: boolean;
      /** The chat that it answers, and whether that is among these. */
      answers: Quoted | undefined;
      near: boolean;
      draft: Draft | undefined;
      /** It is what a bot has written so far. */
      writing: boolean;
      /** It waits for a server that does not answer. */
      late: boolean;
    };

const run = 5 * 60_000; // ms that a run of chats of one person spans

// Asked for at each change of a room that may be long, so it is kept beside the chat.
const times = new WeakMap<Chat, { at: number; day: number }>();

function timeOf(chat: Chat): { at: number; day: number } {
  let time = times.get(chat);
  if (!time) {
    const date = new Date(chat.createdAt);
    time = { at: date.getTime(), day: dayOf(date) };
    times.set(chat, time);
  }
  return time;
}

const shown = new WeakMap<Draft, Chat>();

// A draft looks like the chat that it becomes, under the same id: nothing moves when it does.
function chatOf(draft: Draft, username: string): Chat {
  let chat = shown.get(draft);
  if (!chat) {
    const { id, text, at, replyTo } = draft;
    const target = replyTo ? { ...replyTo, user: null, text: null, deletedAt: null } : null;
    const none = { number: 0, user: null, editedAt: null, deletedAt: null, mentions: [], reactions: [], myReactions: [] };
    chat = { ...none, id, username, text, createdAt: at, replyTo: target };
    shown.set(draft, chat);
  }
  return chat;
}

/** settled says whether a chat of a room shows what became of a draft of the same id. */
export function settled(draft: Draft, { text, editedAt, deletedAt }: Chat): boolean {
  if (draft.state === "discarded") return false;
  if (deletedAt !== null || text === draft.text) return true;
  if (draft.state !== "stored") return !draft.amended && !draft.there;
  return !draft.there || (editedAt !== null && Date.parse(editedAt) >= Date.parse(draft.at)); // changed again since
}

// A chat as its author has changed it, though the server has not yet.
const changed = (chat: Chat, { text, at }: Draft): Chat => ({ ...chat, text, editedAt: chat.editedAt ?? at });

/** firstUnread is the first chat of others that had not been read, if it is known which one that is. */
export function firstUnread(chats: readonly Chat[], me: string, readUpTo: number | undefined): string | undefined {
  if (readUpTo === undefined || (chats[0]?.number ?? 0) > readUpTo + 1) return undefined; // it may be further up
  return chats.find(({ number, username }) => number > readUpTo && username !== me)?.id;
}

/** Beside are one's own chats that are not yet seen in a room, by id, the first that was not read, and what bots are writing. */
type Beside = {
  username: string;
  drafts: ReadonlyMap<string, Draft>;
  late: boolean;
  unread: string | undefined;
  writing: readonly Chat[];
};

/** itemsOf are the rows of a room: its chats, then what oneself has not yet seen arrive, then what bots are writing. */
export function itemsOf(chats: readonly Chat[], { username, drafts, late, unread, writing }: Beside): Item[] {
  const items: Item[] = [{ key: "@edge" }];
  const known = new Map(chats.map((chat) => [chat.id, chat]));
  let last: { chat: Chat; at: number; day: number } | undefined;
  const add = (chat: Chat, draft?: Draft, byBot = false) => {
    const { at, day } = timeOf(chat);
    const newDay = day !== last?.day;
    const fresh = chat.id === unread;
    const head = newDay || fresh || last?.chat.username !== chat.username || at - last.at > run;
    const near = known.get(chat.replyTo?.id ?? "");
    const answers = near ?? chat.replyTo ?? undefined;
    items.push({ key: chat.id, chat, head, day: newDay ? day : undefined, fresh, answers, near: !!near, draft, writing: byBot, late });
    last = { chat, at: head ? at : last!.at, day };
  };
  const left = new Map(drafts);
  for (const chat of chats) {
    const draft = left.get(chat.id);
    left.delete(chat.id);
    if (draft?.state === "discarded") add(chat);
    else add(draft ? changed(chat, draft) : chat, draft);
  }
  for (const draft of left.values()) {
    // A change of a chat that is further up than what was read shows there. One that was refused must be seen.
    if (draft.state !== "discarded" && (!draft.change || draft.state === "refused")) add(chatOf(draft, username), draft);
  }
  for (const chat of writing) add(chat, undefined, true);
  items.push({ key: "@below" });
  return items;
}

/** guess is about how high a row is, in px, before it was ever shown. */
export function guess(item: Item): number {
  if (!("chat" in item)) return item.key === "@edge" ? 120 : 16;
  const { chat, head, day, fresh, answers } = item;
  const lines = Math.min(20, Math.ceil((chat.text?.length ?? 0) / 70) || 1);
  const beside = (day === undefined ? 0 : 48) + (fresh ? 40 : 0) + (answers ? 24 : 0) + (chat.reactions.length > 0 ? 36 : 0);
  return lines * 24 + (head ? 40 : 4) + beside;
}
