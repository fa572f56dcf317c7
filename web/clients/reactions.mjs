// What people have put on chats, and which of it is one's own.

import { inTurn } from "./patience.mjs";

// #region own
/** ownAfter are one's own emoji on a chat after an event about it. `own` is what they were, `me` one's own id. */
export function ownAfter(own, { kind, emoji, actor }, me) {
  if (kind === "CHAT_DELETED") return [];
  if (!emoji || actor?.id !== me) return own;
  const others = own.filter((other) => other !== emoji);
  return kind === "CHAT_REACTED" ? [...others, emoji] : others;
}
// #endregion

// An emoji as the server keeps it, without what only says how it is drawn.
const plain = (emoji) => emoji.normalize("NFC").replace(/[\uFE0E\uFE0F]/g, "");

/**
 * Wishes are one's own reactions from the click until the stream has them. `send` puts an emoji on a chat or takes it off,
 * `changed` is called when chats are to be shown anew.
 */
export class Wishes {
  #wishes = [];
  #queue = inTurn();
  #send;
  #changed;

  constructor(send, changed) {
    this.#send = send;
    this.#changed = changed;
  }

  /** react shows it at once. When the server refuses, it is taken back, and the reason thrown. */
  async react(chat, emoji, on) {
    const wish = { chat, emoji: plain(emoji), on };
    this.#keep((other) => other.chat !== chat || other.emoji !== wish.emoji); // it is a state: the last one holds
    this.#wishes.push(wish);
    this.#changed();
    try {
      await this.#queue(() => this.#send({ chat, emoji, on }));
      wish.answered = true;
    } catch (error) {
      this.#keep((other) => other !== wish);
      throw error;
    } finally {
      this.#changed();
    }
  }

  /** happened takes in an event. The stream, and not the answer, says when a wish has come true. */
  happened({ kind, chat, emoji, actor }, me) {
    if (kind === "CHAT_DELETED") this.#keep((wish) => wish.chat !== chat.id);
    if (!emoji || actor?.id !== me) return;
    for (const wish of this.#wishes) {
      if (wish.chat === chat.id && wish.emoji === emoji && wish.on === (kind === "CHAT_REACTED")) wish.true = true;
    }
  }

  /** restart is for when chats are read anew: they have what was answered. */
  restart() {
    this.#keep(({ answered }) => !answered);
  }

  /** shown is a chat with its reactions as one sees them: `mine` are one's own, wishes with them. */
  shown(chat) {
    const { id, reactions = [], myReactions = [] } = chat;
    for (const wish of this.#wishes) {
      if (wish.chat === id && myReactions.includes(wish.emoji) === wish.on) wish.true = true;
    }
    this.#keep((wish) => !(wish.true && wish.answered));
    const pills = new Map(reactions.map((one) => [one.emoji, { ...one, mine: myReactions.includes(one.emoji) }]));
    for (const { emoji, on } of this.#wishes.filter((wish) => wish.chat === id)) {
      const pill = pills.get(emoji) ?? { emoji, count: 0, users: [], mine: false };
      const more = Number(on) - Number(pill.mine);
      pills.set(emoji, { ...pill, mine: on, count: pill.count + more });
    }
    return { ...chat, reactions: [...pills.values()].filter(({ count }) => count > 0) };
  }

  #keep(holds) {
    this.#wishes = this.#wishes.filter(holds);
  }
}
