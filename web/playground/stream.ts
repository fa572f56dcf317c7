import type { Observable } from "@graphiql/toolkit";
import type { ExecutionResult } from "graphql";
import { Connection } from "../client/src/connection.ts";
import { memory } from "../client/src/platform.ts";
import { Session } from "../client/src/session.ts";
import { session } from "./session";

const cut = { message: "The line to the server was cut. This stream goes on when it is back, without what happens until then." };
const back = { message: "The line is back, and this stream goes on." };
const refused = { message: "The stream ended: the server does not take the token in Headers, or it has run out." };
const over = { message: "The stream ended: its session is over. Sign in again." };

// Whoever wrote a token into Headers, or nobody. It is carried as it is, and when it is refused that is the end.
class Written extends Session {
  readonly #token: string;
  readonly #refused: () => void;

  constructor(token: string, hasRefused: () => void) {
    super({ url: session.url, storage: memory() });
    this.#token = token;
    this.#refused = hasRefused;
  }

  override get user() {
    return { id: "", username: "" };
  }

  override async token() {
    return this.#token;
  }

  override drop() {
    this.#refused();
  }
}

interface Sink {
  next(result: unknown): void;
  error(reason: unknown): void;
  complete(): void;
}

/** listen runs a subscription until it is stopped: with a token that was written, or as whoever is signed in. It comes back by itself. */
export function listen(query: string, variables: Record<string, unknown>, written: string | undefined): Observable<ExecutionResult> {
  const subscribe = (sink: Sink) => {
    const end = (tell?: () => void) => {
      if (undos.length > 0) tell?.();
      for (const undo of undos.splice(0)) undo();
    };
    const fail = (reason: unknown) => end(() => sink.error(reason));
    const who = written === undefined ? session : new Written(written, () => fail(refused));
    const connection = new Connection(who);
    let isAway = false;
    const linked = () => {
      const isLive = connection.link.get() === "live";
      if (isLive === isAway) sink.next(isLive ? back : cut);
      isAway = !isLive;
    };
    const unsubscribe = connection.subscribe(query, variables, {
      next: (result) => sink.next(result),
      // Perhaps the session is over: its end is told above this.
      error: (reason) => (reason instanceof CloseEvent ? who.check().then(() => fail(ended(reason))) : fail(reason)),
      complete: () => end(() => sink.complete()),
    });
    const undos = [
      connection.link.subscribe(linked),
      who.state.subscribe(() => fail(over)),
      unsubscribe,
      () => connection.stop(),
      () => who !== session && who.stop(),
    ];
    return { unsubscribe: () => end() };
  };
  return { subscribe } as Observable<ExecutionResult>;
}

const ended = ({ code, reason }: CloseEvent) => ({ message: `The stream ended: ${code} ${reason}`.trimEnd() });
