import type { Connection } from "./connection.ts";
import { EventsDocument, type EventsSubscription } from "./gql/documents.ts";
import { lostOr, refusal, type Lost, type Refused, type Told } from "./problem.ts";
import { ofToken, type Session } from "./session.ts";

/** LogEvent is what has happened. `kind` may be one that is newer than this package: ignore it then. */
export type LogEvent = EventsSubscription["events"];

/** LogPlace is where a log goes on. It can be kept as JSON. */
export interface LogPlace {
  /** Ids of rooms. Left out: all that one is in, also those that one joins later. */
  readonly rooms?: readonly string[];
  /** Cursors; with `rooms` one of each, in the same order: a `syncCursor` to begin with. Left out: now. */
  readonly after?: readonly string[];
}

export interface LogOptions {
  /** Where to begin: what `moved` was given last. Left out: now, in all rooms that one is in. */
  from?: LogPlace;
  /** Each event, once and in the order of its room. */
  next(event: LogEvent): void;
  /** Called behind each event with where to go on, for whoever keeps that. */
  moved?(place: LogPlace): void;
  /** The server has another history than the one that was followed: read pages anew, and begin anew. Nothing more comes. */
  diverged(problem: Refused): void;
  /** Nothing more comes. When the session has ended it is not called: the session says so. */
  ended?(problem: Lost | Refused): void;
}

const gone = new Set(["MEMBER_LEFT", "MEMBER_REMOVED"]);

/** isLoss says whether an event is the last of its room, for whoever has this id. */
export const isLoss = ({ kind, user }: Pick<LogEvent, "kind" | "user">, me: string | undefined): boolean =>
  kind === "ROOM_DELETED" || (gone.has(kind) && user?.id === me);

/** Log follows what happens, from where it was left, through any number of reconnects. */
export class Log {
  readonly #session: Session;
  readonly #connection: Connection;
  readonly #options: LogOptions;
  readonly #variables: { rooms: readonly string[] | null; after: readonly string[] | null };
  readonly #last = new Map<string, string>(); // by room: the cursor of its last event
  readonly #newest = new Map<string, string>(); // by room where to go on; of all rooms only what is newer than #caughtUp
  #caughtUp: readonly string[] = [];
  #leave = () => {};
  #stopped = false;

  constructor(session: Session, connection: Connection, options: LogOptions) {
    this.#session = session;
    this.#connection = connection;
    this.#options = options;
    const { rooms = null, after = null } = options.from ?? {};
    this.#variables = { rooms, after };
    for (const [i, room] of (rooms ?? []).entries()) if (after?.[i]) this.#newest.set(room, after[i]);
    if (!rooms) this.#caughtUp = after ?? [];
    this.#follow(0);
  }

  stop(): void {
    this.#stopped = true;
    this.#leave();
  }

  #follow(tries: number): void {
    let heard = false;
    let open = true; // until this subscription has ended
    const over = (reason: unknown) => {
      if (!open || this.#stopped) return;
      open = false;
      void this.#over(reason, heard ? 0 : tries);
    };
    const leave = this.#connection.subscribe(EventsDocument, this.#variables, {
      next: ({ data }) => {
        heard = true;
        if (open && !this.#stopped && data) this.#next(data.events);
      },
      error: over,
      complete: () => over(undefined),
    });
    this.#leave = () => {
      open = false;
      leave();
    };
  }

  // Where to go on moves before the event is told: whoever stops in it, or throws, is not told it again.
  #next(event: LogEvent): void {
    const { cursor, room } = event;
    if (cursor && room) {
      if (this.#last.get(room.id) === cursor) return;
      this.#last.set(room.id, cursor);
      this.#newest.set(room.id, cursor);
    }
    const moved = this.#variables.rooms ? this.#movedIn(event) : this.#movedInAll(event);
    this.#options.next(event);
    if (moved && !this.#stopped) this.#options.moved?.(this.#place());
  }

  #movedInAll({ cursor, cursors }: LogEvent): boolean {
    if (cursors) this.#newest.clear();
    this.#caughtUp = cursors ?? this.#caughtUp;
    if (cursor || cursors) this.#variables.after = [...this.#caughtUp, ...this.#newest.values()];
    return Boolean(cursor ?? cursors);
  }

  // Who asks for a room that is lost is refused, and for the others with it. The last of all the server ends itself.
  #movedIn(event: LogEvent): boolean {
    const { cursor, room } = event;
    if (!cursor || !room) return false;
    if (this.#newest.size > 1 && isLoss(event, this.#session.user?.id)) this.#newest.delete(room.id);
    this.#variables.rooms = [...this.#newest.keys()];
    this.#variables.after = [...this.#newest.values()];
    return true;
  }

  #place(): LogPlace {
    const { rooms, after } = this.#variables;
    return { ...(rooms && { rooms }), after: after ?? [] };
  }

  // A list is what the server says of this stream. Else the socket was closed in a way that graphql-ws takes for final.
  async #over(reason: unknown, tries: number): Promise<void> {
    const problem = Array.isArray(reason) ? refusal((reason as Told[])[0] ?? { message: "" }) : undefined;
    const code = problem?.code ?? "";
    if (code === "CURSOR_DIVERGED" || problem?.reason === "CURSOR_INVALID") return this.#options.diverged(problem as Refused);
    if (ofToken.has(code) || (reason as { code?: unknown } | undefined)?.code === 4401) await this.#session.check();
    else if (problem && !problem.retryable && code !== "LIMIT_REACHED") {
      return this.#options.ended?.(lostOr(this.#variables.rooms?.[0] ?? "", problem));
    }
    if (!this.#session.user) return;
    await this.#session.wait(tries, problem?.retryAfterMs);
    if (!this.#stopped) this.#follow(tries + 1);
  }
}
