import { createClient, type Client, type Sink } from "graphql-ws";
import { Cell } from "./cell.ts";
import type { Document } from "./document.ts";
import { isOnline, listen } from "./platform.ts";
import { read } from "./post.ts";
import type { Told } from "./problem.ts";
import type { Session } from "./session.ts";

/** Link is what people see: "connecting" the first time, "lost" while it comes back, "offline" without a network. */
export type Link = "connecting" | "live" | "lost" | "offline";

export interface ConnectionOptions {
  /** How often the connection is tried, in ms. */
  keepAlive?: number;
  /** How long an answer to that may take, in ms. */
  deaf?: number;
  /** Default: the platform's. Node 20 has none. */
  webSocket?: unknown;
  /** The clock in ms, which tells that a laptop has slept. */
  now?: () => number;
}

const tick = 2000; // ms between looks at the clock

/** Connection is the one socket of a tab, as long as somebody is signed in. It comes back by itself. */
export class Connection {
  readonly link: Cell<Link>;
  readonly #session: Session;
  readonly #client: Client;
  readonly #deaf: number;
  readonly #undo: (() => void)[];
  readonly #lost = new Set<() => void>();
  #socket: WebSocket | undefined;
  #token: string | undefined;
  #unheard: ReturnType<typeof setTimeout> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #wake = () => {};

  constructor(session: Session, { keepAlive = 10_000, deaf = 5000, webSocket, now = Date.now }: ConnectionOptions = {}) {
    this.#session = session;
    this.#deaf = deaf;
    this.link = new Cell<Link>(isOnline() ? "connecting" : "offline");
    this.#client = createClient({
      // The token comes first: a server does not wait long for it once the socket is open.
      url: async () => {
        this.#token = await this.#patientToken();
        return session.url.replace(/^http/, "ws");
      },
      connectionParams: () => ({ authorization: this.#token }),
      webSocketImpl: webSocket,
      retryAttempts: Infinity,
      shouldRetry: () => session.user !== undefined,
      retryWait: (tries) => Promise.race([session.wait(tries), new Promise<void>((wake) => (this.#wake = wake))]),
      keepAlive,
      on: {
        opened: (socket) => (this.#socket = socket as WebSocket),
        connected: () => this.#connected(),
        ping: (received) => received || this.#expect(),
        pong: (received) => received && clearTimeout(this.#unheard),
        closed: (event) => this.#closed((event as { code?: number }).code),
      },
    });
    this.#undo = [listen("online", () => this.#looks()), listen("offline", () => this.#looks()), this.#watch(now)];
    this.#undo.push(listen("visibilitychange", () => this.#looks()));
  }

  /** subscribe is that of graphql-ws: `variables` are read again at each reconnect. */
  subscribe<Result, Variables extends Record<string, unknown>>(
    document: Document<Result, Variables>,
    variables: Variables,
    sink: Sink<{ data?: Result | null; errors?: readonly Told[] }>,
  ): () => void {
    return this.#client.subscribe({ query: document.toString(), variables }, sink as Sink);
  }

  /** stop closes the socket for good. */
  stop(): void {
    for (const undo of this.#undo) undo();
    if (this.#session.over === this.#ask) this.#session.over = undefined;
    clearTimeout(this.#unheard);
    clearTimeout(this.#renewal);
    Promise.resolve(this.#client.dispose()).catch(() => {}); // it was about to connect, and could not
  }

  // Sends one mutation over the socket, as long as that lives and not longer than an answer may take.
  readonly #ask = <Result, Variables>(document: Document<Result, Variables>, variables: Variables): Promise<Result> =>
    new Promise((resolve, reject) => {
      let answer: unknown;
      const done = () => {
        clearTimeout(timer);
        this.#lost.delete(give);
        try {
          resolve(read<Result>(answer));
        } catch (error) {
          reject(error as Error);
        }
      };
      const give = () => {
        leave(); // before the socket comes back: it would send this again
        done();
      };
      const timer = setTimeout(give, this.#deaf);
      this.#lost.add(give);
      const leave = this.subscribe(document as Document<Result, Record<string, unknown>>, variables as Record<string, unknown>, {
        next: (result) => (answer = result),
        error: (reason) => {
          answer = Array.isArray(reason) ? { errors: reason as Told[] } : undefined;
          done();
        },
        complete: done, // to leave before that would count twice
      });
    });

  #connected(): void {
    this.link.set("live");
    this.#session.over = this.#ask;
    this.#renewLater();
  }

  #closed(code: number | undefined): void {
    clearTimeout(this.#unheard);
    clearTimeout(this.#renewal);
    this.#socket = undefined;
    if (this.#session.over === this.#ask) this.#session.over = undefined;
    for (const give of this.#lost) give();
    if (code === 4403) this.#session.drop(this.#token); // it ran out, or is not taken: come back with another
    this.#away();
  }

  #away(): void {
    this.link.set(isOnline() ? "lost" : "offline");
  }

  // Before the token runs out the connection is renewed in place, and nothing is cut.
  #renewLater(): void {
    clearTimeout(this.#renewal);
    const left = this.#session.freshFor;
    if (left === undefined) return;
    const renewed = () => this.#session.renew().then(() => this.#session.over === this.#ask && this.#renewLater());
    this.#renewal = setTimeout(() => void renewed().catch(() => {}), Math.min(left, 2 ** 31 - 1));
  }

  // What is thrown here would end the socket for good. When nobody is signed in any more, it ends otherwise.
  async #patientToken(): Promise<string> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#session.token();
      } catch {
        if (!this.#session.user) return new Promise(() => {});
        await this.#session.wait(tries);
      }
    }
  }

  // A connection can die without a word. A ping that is not answered says so.
  #expect(): void {
    clearTimeout(this.#unheard);
    this.#unheard = setTimeout(() => this.#client.terminate(), this.#deaf);
  }

  // The network, the page or the clock has changed: is the connection alive, and if there is none, try now.
  #looks(): void {
    if (this.#socket?.readyState === 1) {
      this.#socket.send('{"type":"ping"}');
      this.#expect();
    } else {
      this.#wake();
      if (this.link.get() !== "connecting") this.#away();
    }
  }

  // While a laptop sleeps no timer runs, and its connections die unheard.
  #watch(now: () => number): () => void {
    let last = now();
    const timer = setInterval(() => {
      const slept = now() - last > 5 * tick;
      last = now();
      if (slept) this.#looks();
    }, tick);
    return () => clearInterval(timer);
  }
}
