import { Connection, type ConnectionOptions } from "./connection.ts";
import { Log, type LogEvent } from "./log.ts";
import { Outbox } from "./outbox.ts";
import { Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";
import type { User } from "./stored.ts";
import { Timeline } from "./timeline.ts";

/** SignedInOptions are those of the connection, and the name of the database in which the outbox is kept. */
export interface SignedInOptions extends ConnectionOptions {
  /** Default: "parley". */
  database?: string;
}

/** Part is something that follows what happens, as a Timeline does: for SignedIn's `follow`. */
export interface Part {
  /** happened takes in an event of the stream of all rooms. */
  happened(event: LogEvent): void;
  /** anew reads again what was read before a stream has begun: of what happened in between nobody has told. */
  anew(): unknown;
}

/** SignedIn is all that one person works with, as long as they are signed in. One stream feeds it. */
export class SignedIn {
  readonly user: User;
  readonly session: Session;
  readonly connection: Connection;
  readonly rooms: Rooms;
  readonly outbox: Outbox;
  readonly #timelines = new Set<Timeline>();
  readonly #parts = new Set<Part>();
  readonly #listeners = new Set<(event: LogEvent) => void>();
  readonly #unlisten: () => void;
  #log: Log;

  constructor(session: Session, user: User, { database, ...options }: SignedInOptions = {}) {
    this.user = user;
    this.session = session;
    this.connection = new Connection(session, options);
    this.rooms = new Rooms(session, user);
    this.outbox = new Outbox(session, user, (room, number) => (this.rooms.get(room)?.lastNumber ?? 0) >= number, database);
    const live = this.connection.link.subscribe(() => this.connection.link.get() === "live" && this.outbox.wake());
    const listed = this.rooms.list.subscribe(() => this.outbox.past());
    this.#unlisten = () => {
      live();
      listed();
    };
    void this.rooms.refresh();
    this.#log = this.#follow();
  }

  /** open shows a room, by its id or name, until it is closed. */
  open(room: string): Timeline {
    const { session, connection, rooms, outbox, user: me } = this;
    const timeline = new Timeline({ session, connection, rooms, outbox, me, heard: (event) => this.#tell(event) }, room);
    this.#timelines.add(timeline);
    this.follow(timeline);
    return timeline;
  }

  /** close ends a room that was opened. */
  close(timeline: Timeline): void {
    timeline.close();
    this.#timelines.delete(timeline);
    this.#parts.delete(timeline);
  }

  /** follow tells a part each event, until what it returns is called, and has it read now. */
  follow(part: Part): () => void {
    this.#parts.add(part);
    void part.anew();
    return () => {
      this.#parts.delete(part);
    };
  }

  /** onEvent tells each event, once, behind what it has changed here: for notifications, and for a cache of one's own. */
  onEvent(listener: (event: LogEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** stop ends all of it. What waits in the outbox stays there. */
  stop(): void {
    this.#unlisten();
    this.#log.stop();
    for (const timeline of this.#timelines) timeline.close();
    this.#parts.clear();
    this.rooms.stop();
    this.outbox.stop();
    this.connection.stop();
  }

  // A stream begins now. What was read before it is read anew: of what happened in between nobody has told.
  #follow(): Log {
    let begun = false;
    return new Log(this.session, this.connection, {
      next: (event) => {
        if (event.kind === "CAUGHT_UP" && !begun) {
          begun = true;
          this.outbox.begun();
          for (const part of this.#parts) void part.anew();
        }
        this.#happened(event);
      },
      diverged: () => {
        this.rooms.anew();
        this.outbox.assure();
        this.#log = this.#follow();
      },
    });
  }

  #happened(event: LogEvent): void {
    for (const part of this.#parts) part.happened(event);
    this.rooms.happened(event);
    this.#tell(event);
  }

  #tell(event: LogEvent): void {
    if (event.chat?.username === this.user.username) this.outbox.heard(event.chat.id);
    for (const listener of this.#listeners) listener(event);
  }
}
