import { Connection, type ConnectionOptions } from "./connection.ts";
import { isLoss, Log, type LogEvent } from "./log.ts";
import { Members } from "./members.ts";
import { Outbox } from "./outbox.ts";
import { People } from "./people.ts";
import { Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";
import type { User } from "./stored.ts";
import { Timeline } from "./timeline.ts";

/** SignedInOptions are those of the connection, and the name of the database in which the outbox is kept. */
export interface SignedInOptions extends ConnectionOptions {
  /** Default: "parley". */
  database?: string;
}

/** SignedIn is all that one person works with, as long as they are signed in. One stream feeds it. */
export class SignedIn {
  readonly user: User;
  readonly session: Session;
  readonly connection: Connection;
  readonly rooms: Rooms;
  readonly people = new People();
  readonly outbox: Outbox;
  readonly #timelines = new Set<Timeline>();
  readonly #members = new Set<Members>();
  readonly #listeners = new Set<(event: LogEvent) => void>();
  readonly #unlisten: () => void;
  #log: Log;

  constructor(session: Session, user: User, { database, ...options }: SignedInOptions = {}) {
    this.user = user;
    this.session = session;
    this.connection = new Connection(session, options);
    this.rooms = new Rooms(session, user);
    this.outbox = new Outbox(session, user, (room, number) => (this.rooms.get(room)?.lastNumber ?? 0) >= number, database);
    this.#unlisten = this.connection.link.subscribe(() => this.connection.link.get() === "live" && this.outbox.wake());
    void this.rooms.refresh();
    this.#log = this.#follow();
  }

  /** open shows a room, by its id or name, until it is closed. */
  open(room: string): Timeline {
    const { session, connection, rooms, outbox, user: me } = this;
    const timeline = new Timeline({ session, connection, rooms, outbox, me, heard: (event) => this.#tell(event) }, room);
    this.#timelines.add(timeline);
    return timeline;
  }

  /** members shows who is in a room, by its id, until `close` of what it answers. */
  members(room: string): Members {
    const members = new Members(this.session, room);
    this.#members.add(members);
    void members.anew();
    return members;
  }

  /** close ends what was opened. */
  close(opened: Timeline | Members): void {
    if (opened instanceof Timeline) {
      opened.close();
      this.#timelines.delete(opened);
    } else {
      this.#members.delete(opened);
    }
  }

  /** onEvent tells each event, once, behind what it has changed here: for notifications, and for a cache of one's own. */
  onEvent(listener: (event: LogEvent) => void): () => void {
    const own = (event: LogEvent) => listener(event);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** stop ends all of it. What waits in the outbox stays there. */
  stop(): void {
    this.#unlisten();
    this.#log.stop();
    for (const timeline of this.#timelines) timeline.close();
    this.#timelines.clear();
    this.#members.clear();
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
          for (const opened of [...this.#timelines, ...this.#members]) void opened.anew();
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
    for (const timeline of [...this.#timelines]) timeline.happened(event);
    for (const members of this.#members) members.happened(event);
    this.rooms.happened(event);
    this.#tell(event);
  }

  #tell(event: LogEvent): void {
    if (!isLoss(event, this.user.id)) this.people.happened(event);
    if (event.chat?.username === this.user.username) this.outbox.heard(event.chat.id);
    for (const listener of [...this.#listeners]) listener(event);
  }
}
