import type { Client } from "urql";
import type { Connection } from "../api/connection";
import { SetTypingDocument } from "../gql/graphql";

const pause = 2000; // ms: the server drops what comes faster

/** Typing tells others that one is writing, while the line is there: it is news only now. */
export class Typing {
  readonly #client: Client;
  readonly #connection: Connection;
  readonly #told = new Map<string, number>(); // by room, when

  constructor(client: Client, connection: Connection) {
    this.#client = client;
    this.#connection = connection;
  }

  /** tell is called at each key. */
  tell(room: string): void {
    const now = performance.now();
    if (this.#connection.link.get() !== "live" || now < (this.#told.get(room) ?? -pause) + pause) return;
    this.#told.set(room, now);
    void this.#client.mutation(SetTypingDocument, { room }).toPromise();
  }
}
