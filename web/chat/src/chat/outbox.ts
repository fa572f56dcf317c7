import type { Client } from "urql";
import { failureOf, Failure } from "../api/failure";
import { Store } from "../api/store";
import { backOff, uuid } from "../../../client/src/platform.ts";
import { DeleteChatDocument, EditChatDocument, SendChatDocument } from "../gql/graphql";
import type { Draft } from "./draft";
import type { Answered, Kept } from "./kept";
import { Shelf } from "./shelf";

/**
 * Outbox sends one's chats, one after the other and each until the server has answered, also after the tab
 * was closed. Two tabs may send the same chat: its id makes it one.
 */
export class Outbox {
  readonly drafts: Store<readonly Draft[]>;
  /** The last that was sent has to be sent again, and all others wait for it. */
  readonly stuck = new Store(false);
  readonly #client: Client;
  readonly #shelf: Shelf;
  #turn = 0; // the last that was given
  #held: { room: string; id: string } | undefined;
  #sending = false;
  #stopped = false;
  #wake = () => {};

  constructor(client: Client, kept: Kept) {
    this.#client = client;
    this.drafts = new Store<readonly Draft[]>([]);
    this.#shelf = new Shelf(kept, { changed: (id, draft) => this.#changed(id, draft), left: () => this.adopt() });
    addEventListener("beforeunload", this.#leaving);
    this.adopt();
  }

  /** adopt takes up what was left on the disk, by this tab before it was loaded anew or by one that is gone. */
  adopt(): void {
    const known = new Set(this.drafts.get().map(({ id }) => id));
    const found = this.#shelf.all().filter(({ id }) => !known.has(id));
    if (found.length > 0) this.drafts.set([...this.drafts.get(), ...found].toSorted((a, b) => a.turn - b.turn));
    void this.#work();
  }

  /** unsent are the texts that wait or were refused, those of other tabs too. */
  unsent(): string[] {
    this.adopt();
    return this.drafts.get().filter(({ state }) => state === "waiting" || state === "refused").map(({ text }) => text);
  }

  /** send puts a chat into the outbox. */
  send(room: string, text: string, replyTo?: Answered): void {
    this.#add({ id: uuid(), room, text, replyTo });
  }

  /**
   * edit gives a chat of one's own another text, whether it waits or was sent long ago. The id stays. What
   * may have reached the server is sent as it is now, and edited if the answer shows that it had.
   */
  edit(room: string, id: string, text: string): void {
    const draft = this.#find(id);
    if (!draft) return this.#add({ id, room, text, there: true, change: true });
    const there = draft.there || draft.state === "stored";
    this.#update(id, { text, there, amended: true, state: "waiting", failure: undefined });
    void this.#work();
  }

  /** discard takes a chat out that was not sent. If it turns out that it was, it is deleted. */
  discard(id: string): void {
    const draft = this.#find(id);
    if (!draft) return;
    if (draft.change || !draft.tried) return this.drop(new Set([id]));
    this.#update(id, { state: "discarded", failure: undefined });
    void this.#work();
  }

  /** again tries a refused chat once more. A chat that is not there to be edited is sent, one whose target is not there alone. */
  again(id: string): void {
    const { there, change, replyTo, failure } = this.#find(id) ?? {};
    const lost = failure?.code === "NOT_FOUND";
    const found = { there: there && !lost, change: change && !lost, replyTo: lost && !there ? undefined : replyTo };
    this.#update(id, { state: "waiting", failure: undefined, ...found });
    void this.#work();
  }

  /**
   * assure sends again what the server has stored and the room did not show when it had been read to its
   * end. It is the same chat under the same id, so this does nothing, unless the server has lost it.
   */
  assure(room: string): void {
    const stored = this.drafts.get().filter((draft) => draft.room === room && draft.state === "stored");
    this.drop(new Set(stored.filter(({ there }) => there).map(({ id }) => id)));
    for (const { id, there } of stored) if (!there) this.again(id);
  }

  /** drop takes chats out: they were refused, or their room shows them. */
  drop(ids: ReadonlySet<string>): void {
    const left = this.drafts.get().filter(({ id }) => !ids.has(id));
    if (this.#stopped || left.length === this.drafts.get().length) return;
    this.drafts.set(left);
    for (const id of ids) this.#shelf.remove(id);
  }

  /** hold keeps a chat from being sent while it is being changed, and those of its room that come after it. */
  hold(held: { room: string; id: string } | undefined): void {
    this.#held = held;
    void this.#work();
  }

  /** wake tries at once what waits for its next try. */
  readonly wake = (): void => {
    this.adopt();
    this.#wake();
  };

  stop(): void {
    this.#stopped = true;
    this.#shelf.stop();
    removeEventListener("beforeunload", this.#leaving);
    this.#wake();
  }

  async #work(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let tries = 0; !this.#stopped; ) {
      const next = this.#next();
      if (!next) break;
      const failure = await this.#attempt(next);
      const again = failure?.passes || failure?.code === "NETWORK" || failure?.code === "UNKNOWN_OUTCOME";
      this.stuck.set(again ?? false);
      if (!failure) {
        tries = 0;
      } else if (again) {
        await this.#rest(tries++, failure.retryAfterMs);
      } else if (failure.code === "ID_TAKEN") {
        this.#renumber(next);
      } else if (next.state === "discarded") {
        if (this.#now(next)?.state === "discarded") this.drop(new Set([next.id])); // it never came, or is gone already
      } else {
        this.#refuse(next, failure);
      }
    }
    this.#sending = false;
    if (this.drafts.get().every(({ state }) => state !== "waiting")) this.stuck.set(false);
  }

  #next(): Draft | undefined {
    const drafts = this.drafts.get();
    const held = drafts.find(({ id, state }) => id === this.#held?.id && state === "waiting");
    const free = ({ room, turn }: Draft) => !held || room !== held.room || turn < held.turn;
    return drafts.find((draft) => (draft.state === "waiting" && free(draft)) || draft.state === "discarded");
  }

  // Does what is to be done about a draft, and returns why it could not.
  async #attempt(draft: Draft): Promise<Failure | undefined> {
    const { id, room, text, state, there, replyTo } = draft;
    if (state === "discarded") {
      const { error } = await this.#client.mutation(DeleteChatDocument, { chat: id }).toPromise();
      if (!error) this.#renumber(draft);
      return error && failureOf(error);
    }
    if (there) {
      const { data, error } = await this.#client.mutation(EditChatDocument, { chat: id, text }).toPromise();
      if (error || !data?.editChat) return error ? failureOf(error) : new Failure("no answer");
      const at = data.editChat.editedAt ?? new Date().toISOString();
      const now = this.#now(draft);
      if (now?.state === "waiting" && now.text === text) this.#update(id, { state: "stored", at });
      return undefined;
    }
    this.#update(id, { tried: true });
    const { data, error } = await this.#client.mutation(SendChatDocument, { id, room, text, replyTo: replyTo?.id ?? null }).toPromise();
    if (error || !data?.sendChat) return error ? failureOf(error) : new Failure("no answer");
    const { createdAt, deletedAt, text: stored } = data.sendChat;
    const now = this.#now(draft);
    if (now?.state === "waiting" && now.amended && !deletedAt && now.text !== stored) this.#update(id, { there: true });
    else if (now?.state === "waiting") this.#update(id, { state: "stored", at: createdAt });
    return undefined;
  }

  #rest(tries: number, least: number | undefined): Promise<void> {
    return Promise.race([backOff(tries, least), new Promise<void>((wake) => (this.#wake = wake))]);
  }

  #add(draft: Pick<Draft, "id" | "room" | "text" | "there" | "change" | "replyTo">): void {
    if (this.#stopped) return;
    this.#turn = Math.max(Date.now(), this.#turn + 1, (this.drafts.get().at(-1)?.turn ?? 0) + 1);
    const added: Draft = { ...draft, turn: this.#turn, at: new Date().toISOString(), state: "waiting" };
    this.drafts.set([...this.drafts.get(), added]);
    this.#shelf.put(added);
    void this.#work();
  }

  #find(id: string): Draft | undefined {
    return this.drafts.get().find((draft) => draft.id === id);
  }

  // What has become of a draft, while the server was asked. Another of the same chat may have taken its place.
  #now({ id, turn }: Draft): Draft | undefined {
    const draft = this.#find(id);
    return draft?.turn === turn ? draft : undefined;
  }

  #update(id: string, change: Partial<Draft>): void {
    const before = this.#find(id);
    if (this.#stopped || !before) return;
    const draft = { ...before, ...change };
    // What another tab has sent, discarded, or forgotten with its sign-out does not come back.
    if (!this.#shelf.renew(draft)) return this.drop(new Set([id]));
    this.drafts.set(this.drafts.get().map((other) => (other === before ? draft : other)));
  }

  // What was changed or discarded meanwhile was not refused.
  #refuse(draft: Draft, failure: Failure): void {
    const now = this.#now(draft);
    if (now?.state === "waiting" && now.text === draft.text) this.#update(now.id, { state: "refused", failure });
  }

  // The id is of no use: somebody else's chat has it, or it was deleted. Who has not discarded the draft, or has changed it since,
  // wants it sent.
  #renumber(draft: Draft): void {
    const now = this.#now(draft);
    if (!now) return;
    const { id, room, text, replyTo, state } = now;
    this.drop(new Set([id]));
    if (state !== "discarded") this.#add({ id: uuid(), room, text, replyTo });
  }

  // Another tab has done something about a chat.
  #changed(id: string, now: Draft | undefined): void {
    const here = this.#find(id);
    if (!here || here.state === "stored") return;
    if (!now) return this.drop(new Set([id]));
    const { failure } = here;
    this.drafts.set(this.drafts.get().map((other) => (other === here ? { ...now, failure } : other)));
    void this.#work();
  }

  // What could not be kept would be lost with the page.
  readonly #leaving = (event: BeforeUnloadEvent): void => {
    if (this.drafts.get().some(({ id, state }) => state === "waiting" && !this.#shelf.keeps(id))) event.preventDefault();
  };
}
