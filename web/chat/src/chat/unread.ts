import type { Client } from "urql";
import { failureOf } from "../api/failure";
import { Store } from "../api/store";
import { sleep } from "../../../client/src/platform.ts";
import { RoomCountsDocument, type ActivitySubscription, type CountsFragment } from "../gql/graphql";

type Event = ActivitySubscription["events"];

/** Count is how many chats of others one has not read, and how many of them mention or answer oneself. */
export type Count = { unread: number; mentions: number };

/** What is known of a room. All numbers are 0 until the server has counted. */
type Known = Count & {
  /** The number of the newest chat that the server has counted. */
  upTo: number;
  /** The serial number of the request that was answered. */
  asked: number;
  /** Up to where one has read it: as the server said, or farther in this tab. */
  read: number;
  /** The unread chats of others behind those that were counted, by number, and whether they are for oneself. */
  news: Map<number, boolean>;
};

const most = 100; // chats that are counted

const over = new Set<Event["kind"]>(["MEMBER_LEFT", "MEMBER_REMOVED"]);

/**
 * Unread counts what one has not read in each room: what the server has counted, and what was heard of behind it.
 * What cannot be known from the stream, which is the same for all, is asked.
 */
export class Unread {
  /** How often something has changed. */
  readonly changes = new Store(0);
  readonly #client: Client;
  readonly #me: { id: string; username: string };
  readonly #rooms = new Map<string, Known>();
  readonly #doubted = new Set<string>(); // rooms to ask about
  #blocked: ReadonlySet<string> = new Set();
  #asking = false;
  #stopped = false;

  constructor(client: Client, me: { id: string; username: string }) {
    this.#client = client;
    this.#me = me;
  }

  /** blocks takes in whom one has blocked: their answers are not for oneself. */
  blocks(people: readonly { username: string }[]): void {
    this.#blocked = new Set(people.map(({ username }) => username));
  }

  /**
   * counted takes in what the server has counted, unless it has answered a later question already. Of what was heard only what
   * is newer counts beside it.
   */
  counted({ id, unreadCount, mentionCount, lastNumber, me }: CountsFragment, asked: number): void {
    const known = this.#know(id);
    if (asked < known.asked) return;
    const read = Math.max(me?.lastRead ?? 0, known.read);
    Object.assign(known, { unread: unreadCount, mentions: mentionCount, upTo: lastNumber, asked, read });
    for (const number of known.news.keys()) if (number <= Math.max(lastNumber, read)) known.news.delete(number);
    this.#tell();
  }

  /** of is what is unread in a room. */
  of(id: string): Count {
    const known = this.#rooms.get(id);
    if (!known) return { unread: 0, mentions: 0 };
    const { upTo, read, news } = known;
    const { unread, mentions } = read > 0 && read >= upTo ? { unread: 0, mentions: 0 } : known;
    const forMe = [...news.values()].filter(Boolean).length;
    return { unread: Math.min(most, unread + news.size), mentions: Math.min(most, mentions + forMe) };
  }

  /** readUpTo is the number up to which a room was read, 0 if that is not known. */
  readUpTo(id: string): number {
    return this.#rooms.get(id)?.read ?? 0;
  }

  /** read takes note that a room was read up to a number, and returns whether that is news. */
  read(id: string, number: number): boolean {
    const known = this.#know(id);
    if (number <= known.read) return false;
    known.read = number;
    for (const one of known.news.keys()) if (one <= number) known.news.delete(one);
    this.#tell();
    return true;
  }

  /** forget takes back what was read: the server has refused it, and says up to where it is. */
  forget(id: string): void {
    this.#know(id).read = 0;
    this.#doubt(id);
  }

  /** happened takes in what the stream says. */
  happened({ kind, room, chat, actor, user }: Event): void {
    if (kind === "CAUGHT_UP") return this.#beginAnew();
    if (!room) return;
    if (kind === "ROOM_DELETED" || (over.has(kind) && user?.id === this.#me.id)) {
      this.#rooms.delete(room.id);
    } else if (kind === "MEMBER_READ") {
      if (actor?.id === this.#me.id) this.#readElsewhere(room.id);
    } else if (chat && chat.username !== this.#me.username) {
      this.#said(room.id, kind, chat);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  // Nothing was heard for a while, in which chats were read, changed, or lost with a history that was taken back. What is shown
  // stays until the server has counted.
  #beginAnew(): void {
    for (const id of this.#rooms.keys()) this.#rooms.set(id, { ...nothing(), ...this.of(id) });
    this.#tell();
  }

  // In another tab, or on another device. An answer that is on its way may have been counted before.
  #readElsewhere(id: string): void {
    if (this.of(id).unread > 0 || this.#know(id).upTo === 0) this.#doubt(id);
  }

  #said(id: string, kind: Event["kind"], chat: NonNullable<Event["chat"]>): void {
    const { upTo, read, news } = this.#know(id);
    const { number, deletedAt } = chat;
    if (number <= read) return;
    if (news.has(number) || (kind === "CHAT_SENT" && number > upTo)) {
      if (deletedAt) news.delete(number);
      else news.set(number, this.#isForMe(chat));
      if (news.size > 2 * most) this.#doubt(id); // enough to remember
      this.#tell();
    } else if (kind === "CHAT_EDITED" || kind === "CHAT_DELETED") {
      this.#doubt(id); // it was counted
    }
  }

  #isForMe({ username, mentions, replyTo }: NonNullable<Event["chat"]>): boolean {
    const answers = replyTo?.username === this.#me.username && !this.#blocked.has(username);
    return answers || mentions.some(({ id }) => id === this.#me.id);
  }

  #know(id: string): Known {
    let known = this.#rooms.get(id);
    if (!known) this.#rooms.set(id, (known = nothing()));
    return known;
  }

  // The server is asked at most once a second, until it has answered.
  #doubt(room: string): void {
    this.#doubted.add(room);
    if (!this.#asking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    while (this.#doubted.size > 0 && !this.#stopped) {
      const rooms = [...this.#doubted].slice(0, 100);
      for (const room of rooms) this.#doubted.delete(room);
      const { error } = await this.#client.query(RoomCountsDocument, { rooms }, { requestPolicy: "network-only" }).toPromise();
      if (error && failureOf(error).passes) for (const room of rooms) this.#doubted.add(room);
      await sleep(1000);
    }
    this.#asking = false;
  }

  #tell(): void {
    this.changes.set(this.changes.get() + 1);
  }
}

const nothing = (): Known => ({ unread: 0, mentions: 0, upTo: 0, asked: 0, read: 0, news: new Map() });
