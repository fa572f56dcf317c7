import type { Client } from "urql";
import { failureOf } from "../api/failure";
import { Store } from "../api/store";
import { wait } from "../api/wait";
import { RoomCountsDocument, type ActivitySubscription, type RoomRowFragment } from "../gql/graphql";

type Event = ActivitySubscription["events"];

/** Counted is a room with what the server has counted, up to `lastNumber`. */
export type Counted = Pick<RoomRowFragment, "id" | "unreadCount" | "mentionCount" | "lastNumber" | "me">;

/** Count is how many chats of others one has not read, and how many of them mention or answer oneself. */
export type Count = { unread: number; mentions: number };

const most = 100; // chats that are counted

/**
 * Unread counts what one has not read in each room: what the server has counted, and what was heard of behind it.
 * What cannot be known from the stream, which is the same for all, is asked.
 */
export class Unread {
  /** How often something has changed. */
  readonly changes = new Store(0);
  readonly #client: Client;
  readonly #me: { id: string; username: string };
  readonly #heard = new Map<string, Map<number, boolean>>(); // chats of others by room and number, and whether they are for me
  readonly #read = new Map<string, number>(); // by room, up to which number in this tab
  readonly #doubted = new Set<string>(); // rooms to ask about
  #asking = false;
  #stopped = false;

  constructor(client: Client, me: { id: string; username: string }) {
    this.#client = client;
    this.#me = me;
  }

  /** of is what is unread in a room. */
  of({ id, unreadCount, mentionCount, lastNumber, me }: Counted): Count {
    const before = me?.lastRead ?? 0;
    const read = Math.max(before, this.#read.get(id) ?? 0);
    const over = read > before && read >= lastNumber;
    const count = over ? { unread: 0, mentions: 0 } : { unread: unreadCount, mentions: mentionCount };
    for (const [number, forMe] of this.#heard.get(id) ?? []) {
      if (number <= Math.max(lastNumber, read)) continue;
      count.unread++;
      if (forMe) count.mentions++;
    }
    return { unread: Math.min(most, count.unread), mentions: Math.min(most, count.mentions) };
  }

  /** read takes note that a room has been read up to a number. */
  read(room: string, number: number): void {
    this.#read.set(room, number);
    this.#tell();
  }

  /** happened takes in what the stream says about a room. */
  happened({ kind, room, chat, actor }: Event, counted: Counted | undefined): void {
    if (!room) return;
    const heard = this.#heard.get(room.id) ?? new Map<number, boolean>();
    if (chat && chat.username !== this.#me.username && (kind === "CHAT_SENT" || heard.has(chat.number))) {
      this.#hear(room.id, heard, chat);
    }
    const elsewhere = kind === "MEMBER_READ" && actor?.id === this.#me.id; // in another tab, or on another device
    const inside = counted && chat && chat.number <= counted.lastNumber && (kind === "CHAT_EDITED" || kind === "CHAT_DELETED");
    if ((elsewhere || inside) && counted && this.of(counted).unread > 0) this.#doubt(room.id);
  }

  stop(): void {
    this.#stopped = true;
  }

  #hear(room: string, heard: Map<number, boolean>, chat: NonNullable<Event["chat"]>): void {
    const { number, deletedAt, mentions, replyTo } = chat;
    const forMe = replyTo?.username === this.#me.username || mentions.some(({ id }) => id === this.#me.id);
    if (deletedAt) heard.delete(number);
    else heard.set(number, forMe);
    // As many as are counted: those before them make no difference.
    for (const first of heard.keys()) if (heard.size > most) heard.delete(first);
    this.#heard.set(room, heard);
    this.#tell();
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
      await wait(1000);
    }
    this.#asking = false;
  }

  #tell(): void {
    this.changes.set(this.changes.get() + 1);
  }
}
