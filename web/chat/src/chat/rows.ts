import { dayOf } from "../ui/time";
import type { Draft } from "./outbox";
import type { Chat } from "./pages";

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
      draft: Draft | undefined;
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
    const { id, text, at } = draft;
    chat = { id, number: 0, username, text, createdAt: at, editedAt: null, deletedAt: null };
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

/** Mine are one's own chats that are not yet seen in a room, by id. */
type Mine = { username: string; drafts: ReadonlyMap<string, Draft>; late: boolean };

/** itemsOf are the rows of a room: its chats, then what oneself has not yet seen arrive. */
export function itemsOf(chats: readonly Chat[], { username, drafts, late }: Mine): Item[] {
  const items: Item[] = [{ key: "@edge" }];
  let last: { chat: Chat; at: number; day: number } | undefined;
  const add = (chat: Chat, draft?: Draft) => {
    const { at, day } = timeOf(chat);
    const newDay = day !== last?.day;
    const head = newDay || last?.chat.username !== chat.username || at - last.at > run;
    items.push({ key: chat.id, chat, head, day: newDay ? day : undefined, draft, late });
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
  items.push({ key: "@below" });
  return items;
}

/** guess is about how high a row is, in px, before it was ever shown. */
export function guess(item: Item): number {
  if (!("chat" in item)) return item.key === "@edge" ? 120 : 16;
  const text = item.chat.text ?? "";
  const lines = Math.min(20, Math.ceil(text.length / 70) || 1);
  return lines * 24 + (item.head ? 40 : 4) + (item.day === undefined ? 0 : 48);
}
