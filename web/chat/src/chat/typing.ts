import type { Client } from "urql";
import type { Line } from "../api/line";
import { SetTypingDocument } from "../gql/graphql";

const pause = 2000; // ms: the server drops what comes faster

/** Typing tells others that one is writing, while the line is there: it is news only now. */
export class Typing {
  readonly #client: Client;
  readonly #line: Line;
  readonly #told = new Map<string, number>(); // by room, when

  constructor(client: Client, line: Line) {
    this.#client = client;
    this.#line = line;
  }

  /** tell is called at each key. */
  tell(room: string): void {
    const now = performance.now();
    if (this.#line.link.get() !== "live" || now < (this.#told.get(room) ?? -pause) + pause) return;
    this.#told.set(room, now);
    void this.#client.mutation(SetTypingDocument, { room }).toPromise();
  }
}
