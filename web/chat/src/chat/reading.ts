import type { Client } from "urql";
import { failureOf } from "../api/failure";
import { backOff, wait } from "../api/wait";
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
  readonly #seen = new Map<string, number>();
  #telling = false;
  #stopped = false;

  constructor(client: Client, unread: Unread) {
    this.#client = client;
    this.#unread = unread;
  }

  /** upTo is the number up to which a room was read, in this tab. */
  upTo(room: string): number {
    return this.#seen.get(room) ?? 0;
  }

  /** seen takes note that a chat and all before it were in sight. */
  seen(room: string, place: Place): void {
    if (place.number <= this.upTo(room)) return;
    this.#seen.set(room, place.number);
    this.#next.set(room, place);
    this.#unread.read(room, place.number);
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
      tries = again ? tries + 1 : 0;
      await wait(again ? (failure.retryAfterMs ?? backOff(tries)) : pause);
    }
    this.#telling = false;
  }
}
