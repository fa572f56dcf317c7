import type { Client } from "urql";
import { failureOf } from "../api/failure";
import { backOff, sleep } from "../../../client/src/platform.ts";
import { MarkReadDocument } from "../gql/graphql";
import type { Unread } from "./unread";

const pause = 1000; // ms between two marks

/** Place is a chat up to which a room was read. */
type Place = { id: string; number: number };

/** Reading tells the server up to where rooms were read: the newest place of each, one after the other, until it has answered. */
export class Reading {
  readonly #client: Client;
  readonly #unread: Unread;
  readonly #next = new Map<string, Place>(); // by room
  readonly #refused = new Map<string, string>(); // by room, the chat that cannot be marked
  #telling = false;
  #stopped = false;

  constructor(client: Client, unread: Unread) {
    this.#client = client;
    this.#unread = unread;
  }

  /** seen takes note that a chat and all before it were in sight. */
  seen(room: string, place: Place): void {
    if (this.#refused.get(room) === place.id || !this.#unread.read(room, place.number)) return;
    this.#next.set(room, place);
    if (!this.#telling) void this.#tell();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #tell(): Promise<void> {
    this.#telling = true;
    for (let tries = 0; !this.#stopped; ) {
      const [next] = this.#next;
      if (!next) break;
      const [room, place] = next;
      const { error } = await this.#client.mutation(MarkReadDocument, { chat: place.id }).toPromise();
      const failure = error && failureOf(error);
      const again = failure?.passes || failure?.code === "UNKNOWN_OUTCOME";
      if (!again && this.#next.get(room) === place) this.#next.delete(room);
      if (failure && !again) {
        this.#refused.set(room, place.id);
        this.#unread.forget(room);
      }
      tries = again ? tries + 1 : 0;
      await (again ? backOff(tries, failure.retryAfterMs) : sleep(pause));
    }
    this.#telling = false;
  }
}
