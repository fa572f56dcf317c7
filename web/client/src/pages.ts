import type { LogEvent } from "./log.ts";
import type { Chat, ChatNow, ChatRead } from "./parts.ts";
import { ownAfter, Wishes } from "./reactions.ts";

type Wish = { chat: string; emoji: string; on: boolean };

/**
 * Pages are the chats of a room, without a hole: by number, which counts them. A chat gets in by a page or by the stream, and by
 * nothing else. To append one is the same work in a room of ten and of ten thousand.
 */
export class Pages {
  /** first is the number of the oldest, last of the newest. */
  first = 1;
  last = 0;
  readonly wishes: Wishes;
  readonly #me: string;
  readonly #read = new Map<number, ChatRead>();
  readonly #shown = new Map<number, Chat>();
  readonly #numbers = new Map<string, number>(); // by id
  #touched: Map<string, LogEvent> | undefined; // chats further up that were changed while an older page is on its way
  #all: readonly Chat[] | undefined;

  constructor(me: string, send: (wish: Wish) => Promise<unknown>, changed: (now: boolean) => void) {
    this.#me = me;
    this.wishes = new Wishes(send, (chat) => {
      this.#stale(this.#numbers.get(chat));
      changed(true);
    });
  }

  chat(number: number): Chat | undefined {
    const read = this.#read.get(number);
    if (!read) return undefined;
    let shown = this.#shown.get(number);
    if (!shown) this.#shown.set(number, (shown = this.wishes.shown(read)));
    return shown;
  }

  find(id: string): Chat | undefined {
    const number = this.#numbers.get(id);
    return number === undefined ? undefined : this.chat(number);
  }

  /** all are all of them as one list, which is made when it is asked for. */
  all(): readonly Chat[] {
    if (!this.#all) {
      const all: Chat[] = [];
      for (let number = this.first; number <= this.last; number++) {
        const chat = this.chat(number);
        if (chat) all.push(chat);
      }
      this.#all = all;
    }
    return this.#all;
  }

  /** begin takes a newest page, and forgets what was there. */
  begin(chats: readonly ChatRead[]): void {
    this.#read.clear();
    this.#shown.clear();
    this.#numbers.clear();
    this.#all = this.#touched = undefined;
    this.wishes.anew();
    this.first = chats[0]?.number ?? 1;
    this.last = this.first - 1;
    for (const chat of chats) this.#put(chat);
  }

  /** expect is called before an older page is asked for, prepend when it is there. */
  expect(): void {
    this.#touched = new Map();
  }

  prepend(chats: readonly ChatRead[]): void {
    const touched = this.#touched;
    this.#touched = undefined;
    for (const chat of chats) if (chat.number < this.first) this.#put(chat);
    this.first = Math.min(this.first, chats[0]?.number ?? this.first);
    for (const event of touched?.values() ?? []) this.take(event);
  }

  /** take takes in an event of the room. It returns false where a chat is missing before it, which cannot be. */
  take(event: LogEvent): boolean {
    const { kind, chat } = event;
    this.wishes.happened(event, this.#me);
    if (!chat) return true;
    const { number } = chat;
    if (kind === "CHAT_SENT" && this.last < this.first) this.first = number;
    if (number < this.first) this.#touched?.set(`${chat.id} ${event.cursor}`, event);
    else if (number > this.last + 1 || (number > this.last && kind !== "CHAT_SENT")) return false;
    else this.#put(this.#withOwn(event, chat));
    this.#answered(event, chat);
    return true;
  }

  // An event is the same for all, and so is its chat: which reactions are one's own is what it was, and what was done.
  #withOwn(event: LogEvent, chat: ChatNow): ChatRead {
    const { myReactions = [] } = this.#read.get(chat.number) ?? {};
    return { ...chat, myReactions: [...ownAfter(myReactions, event, this.#me)] };
  }

  // Those that answer a chat show that it is gone, and that chat how many answer it.
  #answered({ kind }: LogEvent, { id, replyTo, deletedAt }: ChatNow): void {
    const target = replyTo && this.#read.get(replyTo.number);
    if (replyTo && target && target.id === replyTo.id && (kind === "CHAT_SENT" || kind === "CHAT_DELETED")) {
      this.#put({ ...target, replyCount: replyTo.replyCount });
    }
    if (kind !== "CHAT_DELETED") return;
    for (const answer of this.#read.values()) {
      if (answer.replyTo?.id === id) this.#put({ ...answer, replyTo: { ...answer.replyTo, deletedAt, text: null } });
    }
  }

  #put(chat: ChatRead): void {
    this.#read.set(chat.number, chat);
    this.#numbers.set(chat.id, chat.number);
    this.last = Math.max(this.last, chat.number);
    this.#stale(chat.number);
  }

  #stale(number: number | undefined): void {
    if (number !== undefined) this.#shown.delete(number);
    this.#all = undefined;
  }
}
