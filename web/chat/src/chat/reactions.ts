import type { Chat } from "./pages";
import type { Event } from "./stream";

/** Pill is one emoji on a chat as it is shown. */
export type Pill = { emoji: string; count: number; mine: boolean; names: readonly string[] };

/** Wishes are what one has done about a chat that its room does not show yet: emoji that are to be there or not. */
export type Wishes = ReadonlyMap<string, boolean>;

/** plain is an emoji as the server keeps it: without what only says how it is drawn. */
export const plain = (typed: string): string => typed.trim().normalize("NFC").replace(/[\uFE0E\uFE0F]/g, "");

/** drawn is an emoji as it is shown: what may be a letter as well is drawn in colour. */
export const drawn = (emoji: string): string => emoji.replace(/^(?!\p{Emoji_Presentation})\p{Extended_Pictographic}$/u, "$&\uFE0F");

/** ownBehind are one's own emoji on a chat behind an event that is about it. The stream is the same for all, but says who did it. */
export function ownBehind(chat: Chat, { kind, emoji, actor }: Event, me: string): readonly string[] {
  if (kind === "CHAT_DELETED") return [];
  if (!emoji || actor?.id !== me) return chat.myReactions;
  const others = chat.myReactions.filter((other) => other !== emoji);
  return kind === "CHAT_REACTED" ? [...others, emoji] : others;
}

/** pillsOf are the emoji on a chat, with what one has wished for as if it had happened. */
export function pillsOf({ reactions, myReactions }: Chat, wishes: Wishes | undefined, me: string): Pill[] {
  const own = new Set(myReactions);
  const pills = reactions.map(({ emoji, count, users }) => ({
    emoji,
    count,
    mine: own.has(emoji),
    names: users.map(({ username }) => username).filter((username) => username !== me),
  }));
  for (const [emoji, on] of wishes ?? []) {
    const pill = pills.find((one) => one.emoji === emoji);
    if (!pill && on) pills.push({ emoji, count: 1, mine: true, names: [] });
    if (!pill || pill.mine === on) continue;
    pill.mine = on;
    pill.count += on ? 1 : -1;
  }
  return pills.filter(({ count }) => count > 0);
}
