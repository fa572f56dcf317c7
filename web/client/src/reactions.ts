import type { LogEvent } from "./log.ts";
import type { Chat, ChatRead, Pill } from "./parts.ts";

/** ownAfter are one's own emoji on a chat after an event about it: `own` is what they were. The stream does not say, but who did what. */
export function ownAfter(own: readonly string[], { kind, emoji, actor }: LogEvent, me: string): readonly string[] {
  if (kind === "CHAT_DELETED") return [];
  if (!emoji || actor?.id !== me) return own;
  const others = own.filter((other) => other !== emoji);
  return kind === "CHAT_REACTED" ? [...others, emoji] : others;
}

// An emoji as the server keeps it, without what only says how it is drawn.
const plain = (emoji: string) => emoji.normalize("NFC").replace(/[\uFE0E\uFE0F]/g, "");

interface Wish {
  readonly chat: string;
  readonly emoji: string;
  readonly on: boolean;
  answered: boolean;
  /** The stream has said that it has come true. */
  told: boolean;
}

/** Wishes are one's own reactions from the click until the stream has them. */
export class Wishes {
  #wishes: Wish[] = [];
  readonly #sent = new WeakMap<Wish, Promise<void>>();
  readonly #send: (wish: { chat: string; emoji: string; on: boolean }) => Promise<unknown>;
  readonly #changed: (chat: string) => void;

  /** `send` puts an emoji on a chat or takes it off; `changed` is told of which chat it shows. */
  constructor(send: (wish: { chat: string; emoji: string; on: boolean }) => Promise<unknown>, changed: (chat: string) => void) {
    this.#send = send;
    this.#changed = changed;
  }

  /** react shows it at once. When the server refuses it is taken back, and why is thrown. */
  async react(chat: string, emoji: string, on: boolean): Promise<void> {
    const wish: Wish = { chat, emoji: plain(emoji), on, answered: false, told: false };
    const before = this.#wishes.filter((other) => isSame(other, wish)).at(-1);
    this.#wishes = [...this.#wishes.filter((other) => !isSame(other, wish)), wish]; // it is a state: the last one holds
    this.#changed(chat);
    try {
      // Of two clicks the second is sent behind the first.
      const sent = Promise.resolve(before && this.#sent.get(before)).then(() => this.#send({ chat, emoji, on }));
      this.#sent.set(wish, sent.then(nothing, nothing));
      await sent;
      wish.answered = true;
      if (wish.told) this.#drop(wish);
    } catch (error) {
      this.#drop(wish);
      throw error;
    } finally {
      this.#changed(chat);
    }
  }

  /** happened takes in an event. The stream, and not the answer, says that a wish has come true. */
  happened({ kind, chat, emoji, actor }: LogEvent, me: string): void {
    if (!chat) return;
    if (kind === "CHAT_DELETED") this.#wishes = this.#wishes.filter((wish) => wish.chat !== chat.id);
    if (!emoji || actor?.id !== me) return;
    for (const wish of this.#wishes) {
      if (wish.chat !== chat.id || wish.emoji !== emoji || wish.on !== (kind === "CHAT_REACTED")) continue;
      wish.told = true;
      if (wish.answered) this.#drop(wish);
    }
  }

  /** shown is a chat with its reactions as one sees them. */
  shown(read: ChatRead): Chat {
    const { myReactions, reactions, ...chat } = read;
    const pills = new Map<string, Pill>();
    for (const { emoji, count, users } of reactions) {
      const names = users.map(({ username }) => username);
      pills.set(emoji, { emoji, count, users: names, mine: myReactions.includes(emoji) });
    }
    for (const { emoji, on } of this.#wishes.filter((wish) => wish.chat === chat.id)) {
      const pill = pills.get(emoji) ?? { emoji, count: 0, users: [], mine: false };
      if (pill.mine === on) this.#true(chat.id, emoji);
      pills.set(emoji, { ...pill, mine: on, count: pill.count + Number(on) - Number(pill.mine) });
    }
    return { ...chat, reactions: [...pills.values()].filter(({ count }) => count > 0) };
  }

  /** anew is for when chats were read anew: they have what was answered. */
  anew(): void {
    this.#wishes = this.#wishes.filter(({ answered }) => !answered);
  }

  // It is so already, and no event will say it.
  #true(chat: string, emoji: string): void {
    for (const wish of this.#wishes) {
      if (wish.chat !== chat || wish.emoji !== emoji) continue;
      wish.told = true;
      if (wish.answered) this.#drop(wish);
    }
  }

  #drop(wish: Wish): void {
    this.#wishes = this.#wishes.filter((other) => other !== wish);
  }
}

const isSame = (one: Wish, other: Wish) => one.chat === other.chat && one.emoji === other.emoji;
const nothing = () => {};
