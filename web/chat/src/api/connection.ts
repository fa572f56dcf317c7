import { createClient, type Client as SocketClient } from "graphql-ws";
import type { Tokens } from "../auth/tokens";
import { Store } from "./store";
import { backOff, wait } from "./wait";

/** What people see: "live", "connecting" the first time, "lost" while it comes back, "offline" without a network. */
export type Link = "connecting" | "live" | "lost" | "offline";

const hold = 1000; // ms that the line may be cut before anybody is told
const deaf = 5000; // ms in which a ping is answered

/** Connection is the one socket of this tab, which comes back by itself for ever. */
export class Connection {
  readonly link = new Store<Link>(navigator.onLine ? "connecting" : "offline");
  /** How often it has been connected. */
  readonly times = new Store(0);
  readonly socket: SocketClient;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #unheard: ReturnType<typeof setTimeout> | undefined;

  constructor(tokens: Tokens) {
    let refused: string | undefined;
    this.socket = createClient({
      url: `${location.origin.replace(/^http/, "ws")}/graphql`,
      // An old token is renewed first. Patience, because what is thrown here ends the socket for good.
      connectionParams: async () => {
        tokens.drop(refused);
        refused = undefined;
        return { authorization: `Bearer ${await tokens.patient()}` };
      },
      lazy: false,
      onNonLazyError: () => {}, // what `closed` was told
      retryAttempts: Infinity,
      shouldRetry: () => true,
      retryWait: (tries) => (tries === 0 ? Promise.resolve() : wait(backOff(tries))),
      keepAlive: 10_000,
      on: {
        connected: () => this.#connected(),
        closed: (event) => {
          const { code } = event as CloseEvent;
          if (code === 4403) refused = tokens.current; // it ran out, or is not taken
          if (code === 4401) void renew(tokens); // the session was ended, which a renewal finds out
          this.#closed();
        },
        ping: (received) => {
          if (!received) this.#unheard = setTimeout(() => this.socket.terminate(), deaf);
        },
        pong: (received) => {
          if (received) clearTimeout(this.#unheard);
        },
      },
    });
    addEventListener("offline", this.#offline);
    addEventListener("online", this.#online);
  }

  stop(): void {
    removeEventListener("offline", this.#offline);
    removeEventListener("online", this.#online);
    clearTimeout(this.#telling);
    clearTimeout(this.#unheard);
    // One that was never connected has nothing to close, and says so.
    Promise.resolve(this.socket.dispose()).catch(() => {});
  }

  #connected(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.link.set("live");
    this.times.set(this.times.get() + 1);
  }

  #closed(): void {
    clearTimeout(this.#unheard);
    this.#telling ??= setTimeout(() => this.link.set(navigator.onLine ? "lost" : "offline"), hold);
  }

  // What browsers know of their network is a hint: the socket says whether it is so.
  readonly #offline = () => {
    this.link.set("offline");
    this.socket.terminate();
  };

  readonly #online = () => {
    if (this.link.get() === "offline") this.link.set("lost");
  };
}

async function renew(tokens: Tokens): Promise<void> {
  tokens.drop(tokens.current);
  await tokens.patient();
}
