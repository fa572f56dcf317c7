import { Derived } from "./cell.ts";
import type { Connection } from "./connection.ts";
import { OlderChatsDocument, ReactDocument, RoomPageDocument, SetTypingDocument, type RoomPageQuery } from "./gql/documents.ts";
import { isLoss, Log, type LogEvent } from "./log.ts";
import type { Entry, Writing } from "./entry.ts";
import type { Outbox } from "./outbox.ts";
import { Pages } from "./pages.ts";
import type { Chat, Room } from "./parts.ts";
import { lostOr, problemOf, type Problem } from "./problem.ts";
import type { Rooms } from "./rooms.ts";
import { patiently, type Session } from "./session.ts";
import type { User } from "./stored.ts";
import { sparingly, Typing } from "./typing.ts";

/** TimelineView is a room as it is shown. */
export interface TimelineView {
  /** "lost": it is not there any more, or not for oneself; `problem` says which. What was shown stays. */
  readonly status: "loading" | "ready" | "lost" | "failed";
  readonly problem?: Problem;
  readonly room: Room | undefined;
  /** Oldest first, without a hole up to the newest. */
  readonly chats: readonly Chat[];
  /** One's own that are not among them yet. */
  readonly waiting: readonly Entry[];
  /** Whether there are older ones to load. */
  readonly older: "more" | "loading" | "failed" | "none";
  /** The usernames of those who are typing. */
  readonly typing: readonly string[];
}

/** What a timeline stands on. */
export interface Ground {
  readonly session: Session;
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly rooms: Rooms;
  readonly me: User;
  /** heard is told each event of a stream that is not that of all rooms. */
  heard(event: LogEvent): void;
}

const page = 50; // chats

/** Timeline is one room: its newest page, the older ones that were asked for, and what happens meanwhile. */
export class Timeline {
  readonly view = new Derived<TimelineView>(() => this.#shown());
  /** key is what was asked for: an id or a name. */
  readonly key: string;
  readonly #ground: Ground;
  readonly #pages: Pages;
  readonly #typing = new Typing();
  readonly #undo: (() => void)[];
  #id: string | undefined;
  #room: Room | undefined;
  #status: TimelineView["status"] = "loading";
  #problem: Problem | undefined;
  #older: TimelineView["older"] = "none";
  #before: string | null = null;
  #since: LogEvent[] | undefined; // what happens while a page is on its way
  #guest: Log | undefined; // the stream of a room that one is not in
  #turn = 0; // how often a newest page was read
  #closed = false;

  constructor(ground: Ground, key: string) {
    this.#ground = ground;
    this.key = key;
    const { session, outbox, rooms, me } = ground;
    this.#pages = new Pages(me.id, (wish) => session.ask(ReactDocument, wish), (now) => this.view.changed(now));
    this.setTyping = sparingly(() => session.ask(SetTypingDocument, { room: this.#id ?? key }));
    const changed = () => this.view.changed(true);
    this.#undo = [outbox.entries.subscribe(changed), rooms.list.subscribe(changed), this.#typing.names.subscribe(changed)];
  }

  /** first and last are the numbers of the oldest and the newest chat that are there; last is first − 1 when there is none. */
  get first(): number {
    return this.#pages.first;
  }

  get last(): number {
    return this.#pages.last;
  }

  /** chat is one by its number, the same object until it changes. For long lists: nothing is copied. */
  chat(number: number): Chat | undefined {
    return this.#pages.chat(number);
  }

  /** find is one by its id, for what another one answers. */
  find(id: string): Chat | undefined {
    return this.#pages.find(id);
  }

  /** send puts a chat into the outbox and answers its id. */
  send(text: string, writing: Writing = {}): string {
    return this.#ground.outbox.send(this.#id ?? this.key, text, writing);
  }

  /** react puts an emoji on a chat or takes it off. It shows at once; a refusal takes it back and is thrown. */
  react(chat: string, emoji: string, on: boolean): Promise<void> {
    return this.#pages.wishes.react(chat, emoji, on);
  }

  /** setTyping may be called at each key. */
  readonly setTyping: () => void;

  /** markRead says that the newest chat was in sight. */
  async markRead(): Promise<void> {
    const newest = this.chat(this.last);
    if (newest && this.#id) await this.#ground.rooms.markRead(this.#id, newest);
  }

  /** anew reads the newest page, and forgets all others. */
  async anew(): Promise<void> {
    const { session } = this.#ground;
    const since: LogEvent[] = [];
    this.#since = since;
    this.#guest?.stop();
    this.#guest = undefined;
    try {
      const ask = () => session.ask(RoomPageDocument, { room: this.key, last: page });
      const answer = await patiently(session.wait, ask);
      if (this.#since !== since || this.#closed) return;
      this.#begin(answer);
    } catch (error) {
      const problem = problemOf(error);
      if (this.#since !== since || this.#closed) return;
      this.#since = undefined;
      this.#end(problem);
    }
  }

  /** loadOlder reads one page more, if there is one and none is on its way. */
  async loadOlder(): Promise<void> {
    const { session } = this.#ground;
    const [before, turn] = [this.#before, this.#turn];
    if (before === null || this.#older === "loading" || this.#older === "none") return;
    this.#setOlder("loading");
    this.#pages.expect();
    try {
      const { chats } = await session.ask(OlderChatsDocument, { room: this.#id ?? this.key, last: page, before });
      if (this.#closed || this.#turn !== turn) return;
      this.#pages.prepend(chats?.nodes ?? []);
      this.#before = chats?.pageInfo.hasPreviousPage ? chats.pageInfo.startCursor : null;
      this.#setOlder(this.#before === null ? "none" : "more");
    } catch (error) {
      problemOf(error);
      if (this.#turn === turn) this.#setOlder("failed");
    }
  }

  /** happened takes in an event of the stream of all rooms. */
  happened(event: LogEvent): void {
    if (this.#since) this.#since.push(event);
    else if (event.room?.id !== this.#id || !this.#id) return;
    else if (!this.#guest) this.#take(event);
    else if (event.kind === "MEMBER_JOINED" && event.user?.id === this.#ground.me.id) void this.anew(); // from here on it is in that stream
  }

  /** close forgets the room. */
  close(): void {
    this.#closed = true;
    this.#guest?.stop();
    this.#typing.stop();
    for (const undo of this.#undo) undo();
  }

  #begin({ room, chats }: RoomPageQuery): void {
    const since = this.#since ?? [];
    this.#since = undefined;
    if (!room || !chats) return;
    this.#turn++;
    this.#id = room.id;
    this.#room = room;
    this.#pages.begin(chats.nodes);
    this.#before = chats.pageInfo.hasPreviousPage ? chats.pageInfo.startCursor : null;
    this.#older = this.#before === null ? "none" : "more";
    this.#status = "ready";
    this.#problem = undefined;
    if (!room.me && chats.syncCursor) this.#follow(room.id, chats.syncCursor);
    else for (const event of since) if (event.room?.id === room.id) this.#take(event);
    this.view.changed();
  }

  #follow(room: string, after: string): void {
    const { session, connection, heard } = this.#ground;
    this.#guest = new Log(session, connection, {
      from: { rooms: [room], after: [after] },
      next: (event) => {
        heard(event);
        this.#take(event);
      },
      diverged: () => void this.anew(),
      ended: (problem) => this.#end(problem),
    });
  }

  #take(event: LogEvent): void {
    const { kind, room } = event;
    if (isLoss(event, this.#ground.me.id)) {
      if (kind !== "ROOM_DELETED") return void this.anew(); // a public one can still be read
      return this.#end({ kind: "lost", room: this.key, code: "NOT_FOUND", message: "The room was deleted." });
    }
    this.#typing.happened(event);
    if (room && this.#room) this.#room = { ...this.#room, ...room };
    if (!this.#pages.take(event)) return void this.anew(); // a hole
    this.view.changed();
  }

  #end(problem: Problem): void {
    this.#guest?.stop();
    this.#guest = undefined;
    this.#problem = lostOr(this.key, problem);
    this.#status = this.#problem.kind === "lost" ? "lost" : "failed";
    this.view.changed(true);
  }

  #setOlder(older: TimelineView["older"]): void {
    this.#older = older;
    this.view.changed(true);
  }

  #shown(): TimelineView {
    const mine = ({ id, room }: Entry) => (room === this.key || room === this.#id) && !this.#pages.find(id);
    const room = (this.#id && this.#ground.rooms.get(this.#id)) || this.#room;
    return {
      status: this.#status,
      ...(this.#problem && { problem: this.#problem }),
      room,
      chats: this.#pages.all(),
      waiting: this.#ground.outbox.entries.get().filter(mine),
      older: this.#older,
      typing: this.#typing.names.get(),
    };
  }
}
