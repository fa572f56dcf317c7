import { locked } from "./alone.ts";
import { Derived } from "./cell.ts";
import { DeleteChatDocument, EditChatDocument, SendChatDocument } from "./gql/documents.ts";
import { isSame, type Entry, type Held, type Writing } from "./entry.ts";
import { uuid } from "./platform.ts";
import { lostOr, passes, problemOf, type Problem } from "./problem.ts";
import type { Session } from "./session.ts";
import { openShelf, type Change, type Shelf, type Waiting } from "./shelf.ts";
import type { User } from "./stored.ts";

const remembered = 1000; // ids

/**
 * Outbox sends one's chats: those of a room one after the other, each until the server has answered, also after the tab was closed.
 * Two tabs may send the same chat. Its id makes it one.
 */
export class Outbox {
  /** entries are all of them, in order. */
  readonly entries = new Derived<readonly Entry[]>(() => this.#shown());
  readonly #session: Session;
  readonly #me: User;
  readonly #shelf: Promise<Shelf>;
  readonly #channel: BroadcastChannel | undefined;
  readonly #held = new Map<string, Held>();
  readonly #heard = new Set<string>(); // the latest of one's own chats that the stream has brought
  readonly #isPast: (room: string, number: number) => boolean;
  readonly #lanes = new Set<string>(); // rooms that are being worked on
  readonly #wakes = new Set<() => void>();
  #changes: Promise<unknown>; // of the shelf and of what is held, one after the other
  #turn = 0;
  #lasting = false;
  #stopped = false;
  #forgotten = false;

  /** `isPast` says whether a room is known to have a chat of this number. */
  constructor(session: Session, me: User, isPast: (room: string, number: number) => boolean, database = "parley") {
    this.#session = session;
    this.#me = me;
    this.#isPast = isPast;
    this.#shelf = openShelf(database, me.id);
    this.#changes = this.#shelf.then(({ lasting }) => (this.#lasting = lasting));
    if (typeof BroadcastChannel !== "undefined") {
      this.#channel = new BroadcastChannel(`${database}.outbox.${me.id}`);
      this.#channel.addEventListener("message", () => void this.#adopt(true));
      (this.#channel as { unref?: () => void }).unref?.(); // Node would wait for it
    }
    void this.#adopt(false);
  }

  /** send puts a chat into the outbox and answers its id. */
  send(room: string, text: string, { replyTo, data }: Writing = {}): string {
    this.#turn = Math.max(Date.now(), this.#turn + 1);
    const at = new Date().toISOString();
    const none = { tried: false, amended: false, stored: false, discarded: false };
    const waiting = { id: uuid(), room, text, replyTo: replyTo ?? null, data: data ?? null, turn: this.#turn, at, ...none };
    void this.#add(waiting);
    return waiting.id;
  }

  /** edit gives a chat that waits or was refused another text. It is done when that is kept, whether there is a network or not. */
  edit(id: string, text: string): Promise<void> {
    return this.#again(id, (now) => ({ ...now, text, amended: now.amended || now.tried }));
  }

  /** again tries a refused chat once more, as it is. */
  again(id: string): Promise<void> {
    return this.#again(id, (now) => now);
  }

  /** discard takes a chat out. If it has reached the server in spite of that, it is deleted there. */
  discard(id: string): Promise<void> {
    return this.#again(id, (now) => (now.tried ? { ...now, discarded: true } : undefined));
  }

  /** heard is for a chat of one's own that the stream has brought. Perhaps another tab has just sent it. */
  heard(id: string): void {
    this.#heard.add(id);
    for (const old of this.#heard) if (this.#heard.size > remembered) this.#heard.delete(old);
    this.#settle((one) => one === id);
  }

  /** past is for when more is known of rooms. What was stored before a stream began it does not bring. */
  past(): void {
    this.#settle((_, { waiting, number }) => this.#isPast(waiting.room, number ?? 0));
  }

  /** begun is for when a stream begins: what was stored before that it does not bring, and pages do. */
  begun(): void {
    this.#settle(() => true);
  }

  /** assure sends again what was answered and is shown by no room: the server has another history. It is the same chat. */
  assure(): void {
    this.#heard.clear();
    for (const { waiting, state } of this.#held.values()) if (state === "sent") void this.#add(waiting);
  }

  /** wake tries at once what waits for its next try. */
  wake(): void {
    for (const wake of this.#wakes) wake();
  }

  /** stop ends sending. What waits stays on the shelf. */
  stop(): void {
    this.#stopped = true;
    if (!this.#forgotten) this.#channel?.close();
    this.wake();
  }

  /** forget stops, and deletes what this person has waiting, in all tabs. */
  async forget(): Promise<void> {
    this.#stopped = this.#forgotten = true;
    this.wake();
    await this.#inTurn((shelf) => shelf.clear().catch(() => {}));
    this.#held.clear();
    this.entries.changed(true);
    this.#channel?.postMessage("");
    this.#channel?.close();
  }

  // Takes up what was left on the shelf, and what another tab has changed: that one sends it, unless it is gone.
  async #adopt(isOfOthers: boolean): Promise<void> {
    const found = await this.#inTurn(async (shelf) => {
      const all = await shelf.all().catch(() => undefined);
      if (!all || this.#stopped) return [];
      const ids = new Set(all.map(({ id }) => id));
      for (const [id, { kept, state }] of this.#held) if (kept && state !== "sent" && !ids.has(id)) this.#held.delete(id);
      for (const waiting of all) this.#meet(waiting);
      return all;
    });
    this.entries.changed();
    if (isOfOthers) await this.#session.wait(4);
    for (const room of new Set(found.map((waiting) => waiting.room))) void this.#work(room);
  }

  #settle(isShown: (id: string, held: Held) => boolean): void {
    const sent = [...this.#held].filter(([id, held]) => held.state === "sent" && isShown(id, held));
    for (const [id] of sent) this.#held.delete(id);
    if (sent.length > 0) this.entries.changed();
  }

  #meet(waiting: Waiting): void {
    const held = this.#held.get(waiting.id);
    this.#turn = Math.max(this.#turn, waiting.turn);
    if (held?.state === "sent" || (held && isSame(held.waiting, waiting))) return;
    this.#held.set(waiting.id, { waiting, state: "waiting", kept: true });
  }

  #inTurn<Result>(work: (shelf: Shelf) => Promise<Result>): Promise<Result> {
    const turn = this.#changes.then(async () => work(await this.#shelf));
    this.#changes = turn.catch(() => {});
    return turn;
  }

  async #add(waiting: Waiting): Promise<void> {
    this.#held.set(waiting.id, { waiting, state: "waiting", kept: false });
    this.entries.changed(true);
    await this.#inTurn(async (shelf) => {
      if (this.#forgotten) return;
      const kept = await shelf.change(waiting.id, () => waiting).then(
        () => true,
        () => false,
      );
      this.#held.set(waiting.id, { waiting, state: "waiting", kept });
      this.#tell(kept);
    });
    void this.#work(waiting.room);
  }

  async #again(id: string, work: (now: Waiting) => Waiting | undefined): Promise<void> {
    const room = this.#held.get(id)?.waiting.room;
    if (room === undefined) return;
    await this.#change(id, (now) => now && work(now));
    this.wake();
    void this.#work(room);
  }

  // Does to a chat what `work` says, on the shelf and here. What the shelf does not take is kept here only.
  #change(id: string, work: Change): Promise<Waiting | undefined> {
    return this.#inTurn(async (shelf) => {
      const held = this.#held.get(id);
      if (!held || held.state === "sent") return undefined;
      let { kept } = held;
      let then: Waiting | undefined;
      try {
        then = kept ? await shelf.change(id, work) : work(held.waiting);
      } catch {
        kept = false;
        then = work(held.waiting);
      }
      if (then) this.#held.set(id, { waiting: then, state: "waiting", kept });
      else this.#held.delete(id);
      this.#tell(kept);
      return then;
    });
  }

  #tell(others: boolean): void {
    this.entries.changed(true);
    if (others && !this.#stopped) this.#channel?.postMessage("");
  }

  // One lane for each room: a chat that waits for its next try holds up those behind it, and no other room.
  async #work(room: string): Promise<void> {
    if (this.#lanes.has(room)) return;
    this.#lanes.add(room);
    for (let tries = 0; !this.#stopped; ) {
      const next = this.#next(room);
      if (!next) break;
      const go = () => this.#attempt(next);
      const problem = await locked(this.#session.locks, `parley.outbox.${this.#me.id}.${room}`, go, go);
      if (problem?.kind === "revoked") break;
      if (!problem) tries = 0;
      else if (passes(problem)) await this.#rest(tries++, problem.kind === "refused" ? problem.retryAfterMs : undefined);
      else await this.#refused(next, room, problem);
    }
    this.#lanes.delete(room);
  }

  #next(room: string): string | undefined {
    const mine = [...this.#held.values()].filter(({ waiting, state }) => waiting.room === room && state === "waiting");
    return mine.toSorted((a, b) => a.waiting.turn - b.waiting.turn)[0]?.waiting.id;
  }

  // Does what is left to be done about a chat, and returns why it could not.
  async #attempt(id: string): Promise<Problem | undefined> {
    const now = await this.#change(id, (waiting) => waiting && { ...waiting, tried: true });
    if (!now || this.#stopped) return undefined; // another tab has done it
    const { room, text, replyTo, data } = now;
    try {
      if (now.discarded) {
        await this.#session.ask(DeleteChatDocument, { chat: id });
        await this.#change(id, () => undefined);
      } else if (now.stored) {
        await this.#session.ask(EditChatDocument, { chat: id, text });
        await this.#answered(id, text, Infinity); // the stream brings the change
      } else {
        const { sendChat } = await this.#session.ask(SendChatDocument, { id, room, text, replyTo, data });
        await this.#answered(id, sendChat?.deletedAt ? undefined : (sendChat?.text ?? undefined), sendChat?.number ?? 0);
      }
    } catch (error) {
      return problemOf(error);
    }
    return undefined;
  }

  // The server has it, with this text. Who has changed it meanwhile wants that changed, too.
  async #answered(id: string, text: string | undefined, number: number): Promise<void> {
    const before = this.#held.get(id)?.waiting;
    const isOther = (now: Waiting) => now.discarded || (now.amended && text !== undefined && now.text !== text);
    const left = await this.#change(id, (now) => (now && isOther(now) ? { ...now, stored: true } : undefined));
    if (left || !before || this.#heard.has(id)) return;
    this.#held.set(id, { waiting: before, state: "sent", kept: false, number });
    this.entries.changed(true);
    this.past();
  }

  async #refused(id: string, room: string, problem: Problem): Promise<void> {
    const held = this.#held.get(id);
    if (!held || problem.kind !== "refused") return;
    const { discarded, stored, replyTo } = held.waiting;
    if (discarded) return void (await this.#change(id, () => undefined)); // it never came, or is gone already
    if (problem.code === "ID_TAKEN" && !stored) {
      await this.#change(id, () => undefined);
      return this.#add({ ...held.waiting, id: uuid(), tried: false, amended: false });
    }
    const isOfRoom = problem.code === "NOT_FOUND" && !stored && replyTo === null; // and not that it may not send there
    this.#held.set(id, { ...held, state: "refused", problem: isOfRoom ? lostOr(room, problem) : problem });
    this.entries.changed(true);
  }

  #rest(tries: number, least: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wakes.delete(wake);
        resolve();
      };
      this.#wakes.add(wake);
      void this.#session.wait(tries, least).finally(wake);
    });
  }

  #shown(): readonly Entry[] {
    const all = [...this.#held.values()].filter(({ waiting }) => !waiting.discarded);
    return all.toSorted((a, b) => a.waiting.turn - b.waiting.turn).map(({ waiting, state, problem, kept }) => {
      const { id, room, text, replyTo, data, turn, at } = waiting;
      return { id, room, text, replyTo, data, turn, at, state, fleeting: state !== "sent" && !(kept && this.#lasting), ...(problem && { problem }) };
    });
  }
}
