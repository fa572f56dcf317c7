import type { LogEvent } from "./log.ts";
import { isLoss } from "./log.ts";
import type { Room } from "./parts.ts";
import type { User } from "./stored.ts";

const most = 100; // of what is counted: it stands for that many and more

/** Counts are what one has not read in a room: chats of others, and those among them that mention or answer oneself. */
export interface Counts {
  readonly unreadCount: number;
  readonly mentionCount: number;
}

interface Known extends Counts {
  /** The newest chat that the server has counted. */
  readonly lastNumber: number;
  read: number;
  /** Read up to somewhere in what was counted: how much of that is left only the server knows. */
  inside: boolean;
  /** The chats of others behind those that were counted, by number, and whether they are for oneself. */
  readonly news: Map<number, boolean>;
}

/** Unread counts as the server has counted, and from there on by what the stream brings. */
export class Unread {
  readonly #me: User;
  readonly #rooms = new Map<string, Known>();
  #blocked: ReadonlySet<string> = new Set();

  constructor(me: User) {
    this.#me = me;
  }

  /** blocks takes in whom one has blocked: their answers are no mentions. */
  blocks(people: readonly { readonly username: string }[]): void {
    this.#blocked = new Set(people.map(({ username }) => username));
  }

  /** counted takes in what the server has counted. Of what the stream has brought only what is newer counts beside it. */
  counted({ id, unreadCount, mentionCount, lastNumber, me }: Room): void {
    const { read = 0, news = [] } = this.#rooms.get(id) ?? {};
    const newer = new Map([...news].filter(([number]) => number > lastNumber));
    this.#rooms.set(id, { unreadCount, mentionCount, lastNumber, read: me?.lastRead ?? 0, inside: false, news: newer });
    this.read(id, read);
  }

  of(id: string): Counts {
    const room = this.#rooms.get(id);
    if (!room) return none;
    const { read, lastNumber, news } = room;
    const { unreadCount, mentionCount } = read < lastNumber ? room : none;
    const forMe = [...news.values()].filter(Boolean).length;
    return { unreadCount: Math.min(most, unreadCount + news.size), mentionCount: Math.min(most, mentionCount + forMe) };
  }

  readUpTo(id: string): number {
    return this.#rooms.get(id)?.read ?? 0;
  }

  /** read takes note that a room was read up to a number, here or on another device, and returns whether that is news. */
  read(id: string, number: number): boolean {
    const room = this.#rooms.get(id);
    if (!room || number <= room.read) return false;
    room.inside = number < room.lastNumber && room.unreadCount > 0;
    room.read = number;
    for (const one of room.news.keys()) if (one <= number) room.news.delete(one);
    return true;
  }

  /** happened takes in an event, and returns whether the server must count the room again. */
  happened(event: LogEvent): boolean {
    const { kind, chat, actor, user, member } = event;
    const id = event.room?.id ?? "";
    const room = this.#rooms.get(id);
    if (isLoss(event, this.#me.id)) return this.#rooms.delete(id) && false;
    if (kind === "MEMBER_JOINED") return user?.id === this.#me.id;
    if (!room) return kind === "CHAT_SENT";
    if (kind === "MEMBER_READ") return actor?.id === this.#me.id && this.#readElsewhere(id, member?.lastRead);
    if (!chat || chat.username === this.#me.username || chat.number <= room.read) return false;
    if (chat.number <= room.lastNumber) return kind === "CHAT_EDITED" || kind === "CHAT_DELETED"; // it was counted
    if (chat.deletedAt) room.news.delete(chat.number);
    else room.news.set(chat.number, this.#isForMe(chat));
    return room.news.size > 2 * most; // enough to remember
  }

  /** isInside says whether the server must count again because of what was read. */
  isInside(id: string): boolean {
    return this.#rooms.get(id)?.inside ?? false;
  }

  /** forget takes back what was read: the server has refused it, and says at its next count how far it is. */
  forget(id: string): void {
    const room = this.#rooms.get(id);
    if (room) room.read = 0;
  }

  #readElsewhere(id: string, number: number | null | undefined): boolean {
    if (typeof number !== "number") return this.of(id).unreadCount > 0;
    this.read(id, number);
    return this.isInside(id);
  }

  #isForMe({ username, mentions, replyTo }: NonNullable<LogEvent["chat"]>): boolean {
    const answers = replyTo?.username === this.#me.username && !this.#blocked.has(username);
    return answers || mentions.some(({ id }) => id === this.#me.id);
  }
}

const none: Counts = { unreadCount: 0, mentionCount: 0 };
