import type { Client } from "urql";
import { Failure, failureOf } from "../api/failure";
import { Store } from "../api/store";
import { uuid } from "../api/uuid";
import { backOff } from "../api/wait";
import { SendChatDocument } from "../gql/graphql";

/** Draft is a chat of one's own that is not yet seen in its room. */
export type Draft = {
  /** The chat's id, made here: however often it is sent, it is one chat. */
  id: string;
  room: string;
  text: string;
  at: string;
  /** "waiting" to be sent, "stored" by the server, "refused" for good. */
  state: "waiting" | "stored" | "refused";
  failure?: Failure | undefined;
};

const place = "parley.outbox";

/** Outbox sends one's chats, one after the other and each until the server has answered, also after a reload. */
export class Outbox {
  readonly drafts: Store<readonly Draft[]>;
  readonly #client: Client;
  readonly #me: string;
  #sending = false;
  #stopped = false;
  #wake = () => {};

  constructor(client: Client, me: string) {
    this.#client = client;
    this.#me = me;
    this.drafts = new Store<readonly Draft[]>(recall(me));
    void this.#work();
  }

  /** send puts a chat into the outbox. */
  send(room: string, text: string): void {
    const at = new Date().toISOString();
    this.#set([...this.drafts.get(), { id: uuid(), room, text, at, state: "waiting" }]);
    void this.#work();
  }

  /** again tries a refused chat once more. */
  again(id: string): void {
    this.#update(id, { state: "waiting", failure: undefined });
    void this.#work();
  }

  /**
   * assure sends again what the server has stored and the room did not show when it had been read to its
   * end. It is the same chat under the same id, so this does nothing, unless the server has lost it.
   */
  assure(room: string): void {
    for (const draft of this.drafts.get()) if (draft.room === room && draft.state === "stored") this.again(draft.id);
  }

  /** drop takes a chat out: it was refused, or its room shows it. */
  drop(ids: ReadonlySet<string>): void {
    const left = this.drafts.get().filter(({ id }) => !ids.has(id));
    if (left.length < this.drafts.get().length) this.#set(left);
  }

  /** forget empties it, on this disk too. */
  forget(): void {
    this.#set([]);
  }

  /** wake tries at once what waits for its next try. */
  readonly wake = (): void => this.#wake();

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  async #work(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let tries = 0; !this.#stopped; ) {
      const next = this.drafts.get().find(({ state }) => state === "waiting");
      if (!next) break;
      const { id, room, text } = next;
      const { data, error } = await this.#client.mutation(SendChatDocument, { id, room, text }).toPromise();
      const failure = error ? failureOf(error) : undefined;
      if (data?.sendChat) {
        tries = 0;
        this.#update(id, { state: "stored", at: data.sendChat.createdAt });
      } else if (failure?.passes || failure?.code === "NETWORK" || failure?.code === "UNKNOWN_OUTCOME") {
        this.#update(id, { failure });
        await this.#rest(failure.retryAfterMs ?? backOff(tries++));
      } else if (failure?.code === "ID_TAKEN") {
        this.#update(id, { id: uuid() });
      } else {
        this.#update(id, { state: "refused", failure: failure ?? new Failure("no answer") });
      }
    }
    this.#sending = false;
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #update(id: string, change: Partial<Draft>): void {
    this.#set(this.drafts.get().map((draft) => (draft.id === id ? { ...draft, ...change } : draft)));
  }

  #set(drafts: readonly Draft[]): void {
    if (this.#stopped) return;
    this.drafts.set(drafts);
    // The tab's own storage: two tabs are two outboxes, and a closed tab leaves no text behind.
    sessionStorage.setItem(place, JSON.stringify({ me: this.#me, drafts }));
  }
}

// What this person had not sent when the page was left. A failure is asked for anew.
function recall(me: string): Draft[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place) ?? "null") as { me: string; drafts: Draft[] } | null;
    if (kept?.me === me) return kept.drafts.filter(({ state }) => state !== "stored").map(waiting);
  } catch {
    // Not ours, and written over by the next chat.
  }
  return [];
}

const waiting = ({ id, room, text, at }: Draft): Draft => ({ id, room, text, at, state: "waiting" });
