import { Cell, Derived } from "./cell.ts";
import { MarkReadDocument, MyRoomsDocument, OneRoomDocument, type MyRoomsQuery } from "./gql/documents.ts";
import { isLoss, type LogEvent } from "./log.ts";
import type { Room } from "./parts.ts";
import { problemOf, type Problem } from "./problem.ts";
import { patiently, type Session } from "./session.ts";
import type { User } from "./stored.ts";
import { Unread } from "./unread.ts";

const brings = new Set(["CHAT_SENT", "MEMBER_JOINED"]);

type Answer = { rooms: Room[]; blocked: MyRoomsQuery["blockedUsers"] };

/** Rooms are the rooms one is in, each with what is unread in it: as the server has answered, and as events have changed it since. */
export class Rooms {
  /** list is all of them, the latest active first; undefined until the server has answered. */
  readonly list = new Derived<readonly Room[] | undefined>(() => this.#sorted());
  /** Why the list could not be read, until it is: it is asked for again after the next time away, and by refresh. */
  readonly problem = new Cell<Problem | undefined>(undefined);
  readonly #session: Session;
  readonly #me: User;
  readonly #rooms = new Map<string, Room>();
  readonly #shown = new Map<string, Room>();
  readonly #recorders = new Set<LogEvent[]>(); // what happens while an answer is on its way
  readonly #doubted = new Set<string>();
  readonly #seen = new Map<string, string>(); // by room: the newest chat that was seen, until the server is told
  #unread: Unread;
  #known = false;
  #asking = false;
  #telling = false;
  #turn = 0; // of the latest refresh
  #stopped = false;

  constructor(session: Session, me: User) {
    this.#session = session;
    this.#me = me;
    this.#unread = new Unread(me);
  }

  /** get is one of them, or undefined. */
  get(id: string): Room | undefined {
    const row = this.#rooms.get(id);
    if (!row) return undefined;
    let shown = this.#shown.get(id);
    if (!shown) {
      const lastRead = Math.max(this.#unread.readUpTo(id), row.me?.lastRead ?? 0);
      shown = { ...row, ...this.#unread.of(id), me: row.me && { ...row.me, lastRead } };
      this.#shown.set(id, shown);
    }
    return shown;
  }

  /** happened takes in an event of the stream of all rooms. */
  happened(event: LogEvent): void {
    if (event.kind === "CAUGHT_UP") return void this.refresh(); // what was read elsewhere meanwhile is in no log
    for (const since of this.#recorders) since.push(event);
    this.#take(event);
  }

  /** refresh asks for all of them, as is done by itself after each time away. */
  async refresh(): Promise<void> {
    const turn = ++this.#turn;
    await this.#reading(
      () => this.#all(),
      ({ rooms, blocked }) => {
        if (turn !== this.#turn) return;
        this.#known = true;
        this.#unread.blocks(blocked ?? []);
        this.#rooms.clear();
        this.#shown.clear();
        for (const room of rooms) this.#counted(room);
        this.list.changed();
      },
    );
  }

  /** anew forgets what was counted: the server has another history. */
  anew(): void {
    this.#unread = new Unread(this.#me);
    void this.refresh();
  }

  /** markRead says that a room was read up to a chat. It counts at once; the server is told of each room the newest. */
  async markRead(room: string, { id, number }: { readonly id: string; readonly number: number }): Promise<void> {
    if (!this.#unread.read(room, number)) return;
    this.#changed(room, true);
    this.#seen.set(room, id);
    if (this.#telling) return;
    this.#telling = true;
    for (const [place, chat] of this.#seen) {
      this.#seen.delete(place);
      const told = await this.#patiently(() => this.#session.ask(MarkReadDocument, { chat })).catch(() => undefined);
      if (!told) this.#unread.forget(place);
      if (!told || this.#unread.isInside(place)) this.#doubt(place);
    }
    this.#telling = false;
  }

  stop(): void {
    this.#stopped = true;
  }

  #sorted(): readonly Room[] | undefined {
    if (!this.#known) return undefined;
    const rooms = [...this.#rooms.keys()].flatMap((id) => this.get(id) ?? []);
    return rooms.toSorted((a, b) => Number(latest(a) < latest(b)) - Number(latest(a) > latest(b)));
  }

  #take(event: LogEvent): void {
    const { kind, room, chat, user } = event;
    if (!room) return;
    const doubt = this.#unread.happened(event);
    const row = this.#rooms.get(room.id);
    if (isLoss(event, this.#me.id)) {
      this.#rooms.delete(room.id);
      this.#doubted.delete(room.id);
      return this.#changed(room.id);
    }
    if (!row) return brings.has(kind) && (kind === "CHAT_SENT" || user?.id === this.#me.id) ? this.#doubt(room.id) : undefined;
    const isLatest = chat && (chat.id === row.lastChat?.id || (kind === "CHAT_SENT" && chat.number > (row.lastChat?.number ?? 0)));
    this.#rooms.set(room.id, { ...row, ...room, lastChat: isLatest ? chat : row.lastChat });
    const mayElse = (kind === "MEMBER_CHANGED" && user?.id === this.#me.id) || room.sendRole !== row.sendRole;
    if (doubt || mayElse) this.#doubt(room.id);
    this.#changed(room.id);
  }

  #counted(room: Room): void {
    this.#rooms.set(room.id, room);
    this.#unread.counted(room);
    this.#changed(room.id);
  }

  #changed(id: string, now = false): void {
    this.#shown.delete(id);
    this.list.changed(now);
  }

  // The server is asked about one room after the other.
  #doubt(id: string): void {
    this.#doubted.add(id);
    if (!this.#asking) void this.#askAgain();
  }

  async #askAgain(): Promise<void> {
    this.#asking = true;
    for (const id of this.#doubted) {
      this.#doubted.delete(id);
      const take = (room: Room | null) => {
        if (room?.me) return this.#counted(room);
        this.#rooms.delete(id);
        this.#changed(id);
      };
      await this.#reading(async () => (await this.#session.ask(OneRoomDocument, { room: id })).room, take, id);
    }
    this.#asking = false;
  }

  // An answer is older than what came while it was on its way, which is taken in once more behind it.
  async #reading<Result>(ask: () => Promise<Result>, take: (answer: Result) => void, room?: string): Promise<void> {
    const since: LogEvent[] = [];
    this.#recorders.add(since);
    try {
      const answer = await this.#patiently(ask);
      if (this.#stopped) return;
      if (!room) this.problem.set(undefined);
      take(answer);
      this.#recorders.delete(since);
      for (const event of since) if (!room || event.room?.id === room) this.#take(event);
    } catch (error) {
      const problem = problemOf(error); // that one room is not there the stream says, and that a session has ended the session
      if (!room && problem.kind !== "revoked") this.problem.set(problem);
    } finally {
      this.#recorders.delete(since);
    }
  }

  async #all(): Promise<Answer> {
    const rooms = new Map<string, Room>();
    for (let after: string | null = null; ; ) {
      const page: MyRoomsQuery = await this.#session.ask(MyRoomsDocument, { after });
      for (const room of page.rooms?.nodes ?? []) rooms.set(room.id, room);
      if (!page.rooms?.pageInfo.hasNextPage) return { rooms: [...rooms.values()], blocked: page.blockedUsers };
      after = page.rooms.pageInfo.endCursor;
    }
  }

  #patiently<Result>(ask: () => Promise<Result>): Promise<Result> {
    return patiently(this.#session.wait, ask);
  }
}

const latest = ({ createdAt, lastChat }: Room) => lastChat?.createdAt ?? createdAt;
