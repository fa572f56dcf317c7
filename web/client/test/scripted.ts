// A server that does what a test says: GraphQL over HTTP and graphql-transport-ws, by the names of operations.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { KeyValue, ParleyOptions, Problem } from "../src/index.ts";
import { Parley, ParleyError } from "../src/index.ts";
// @ts-expect-error it is without types
import { PATIENCE } from "../../clients/testing/rounds.mjs";

export type Call = { name: string; variables: Record<string, unknown>; token: string | undefined; over: "http" | "socket" };
type Answer = { data?: unknown; errors?: unknown[] } | "never" | "cut";
type Script = (call: Call) => Answer | Promise<Answer>;

/** refused is an answer with one error. */
export const refused = (code: string, more: object = {}) => ({ errors: [{ message: code, extensions: { code, ...more } }] });

const me = { id: "u-ann", username: "ann" };
export const person = (username: string) => ({ id: `u-${username}`, username, name: username, image: null, isBot: false });

export class Stream {
  readonly socket: WebSocket;
  readonly id: string;
  readonly variables: { rooms: string[] | null; after: string[] | null };
  readonly token: string;
  ended = false;

  constructor(socket: WebSocket, id: string, variables: Stream["variables"], token: string) {
    this.socket = socket;
    this.id = id;
    this.variables = variables;
    this.token = token;
  }

  next(event: object): void {
    this.send({ id: this.id, type: "next", payload: { data: { events: { ...nothing, ...event } } } });
  }

  caughtUp(...cursors: string[]): void {
    this.next({ kind: "CAUGHT_UP", cursors });
  }

  error(code: string, more: object = {}): void {
    this.send({ id: this.id, type: "error", payload: refused(code, more).errors });
  }

  private send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }
}

const nothing = { cursor: null, cursors: null, at: "2026-01-01T00:00:00.000Z", emoji: null, username: null, actor: null, user: null, member: null, room: null, chat: null };

export class Scripted {
  readonly calls: Call[] = [];
  readonly streams: Stream[] = [];
  readonly pings: WebSocket[] = [];
  readonly closes: number[] = [];
  readonly http = createServer((request, response) => void this.answer(request, response));
  readonly sockets = new WebSocketServer({ server: this.http, handleProtocols: () => "graphql-transport-ws" });
  /** How long access tokens are good, in ms. */
  lifetime = 3_600_000;
  /** Whether pings are answered. */
  pongs = true;
  /** Called at each subscription; a test may replace it. */
  begun: (stream: Stream) => void = (stream) => stream.caughtUp("list-1");
  /** What a connection_init gets: an acknowledgement, or a close. */
  init: (token: string) => number | undefined = () => undefined;
  private readonly scripts = new Map<string, Script>();
  private tokens = 0;
  private readonly refreshed = new Map<string, Answer>();

  static async start(): Promise<Scripted> {
    const server = new Scripted();
    server.sockets.on("connection", (socket) => server.talk(socket));
    await new Promise<void>((listening) => server.http.listen(0, "127.0.0.1", listening));
    onTestFinished(() => server.stop());
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/graphql`;
  }

  /** on says what an operation is answered; the last word holds. */
  on(name: string, script: Script): void {
    this.scripts.set(name, script);
  }

  /** script is what an operation is answered now. */
  script(name: string): Script {
    return this.scripts.get(name) ?? (() => refused("NOT_FOUND"));
  }

  named(name: string): Call[] {
    return this.calls.filter((call) => call.name === name);
  }

  stop(): void {
    for (const socket of this.sockets.clients) socket.terminate();
    this.http.closeAllConnections();
    this.http.close();
  }

  /** pair is a new pair of tokens. */
  pair(): object {
    const n = ++this.tokens;
    const accessTokenExpiresAt = new Date(Date.now() + this.lifetime).toISOString();
    return { accessToken: `access-${n}`, refreshToken: `refresh-${n}`, accessTokenExpiresAt, user: me };
  }

  private async perform(call: Call): Promise<Answer> {
    this.calls.push(call);
    const script = this.scripts.get(call.name);
    if (script) return script(call);
    const { variables } = call;
    switch (call.name) {
      case "Login":
        return { data: { login: this.pair() } };
      case "LoginWith":
        return { data: { loginWith: this.pair() } };
      case "Register":
        return { data: { register: this.pair() } };
      case "Refresh":
        return this.refresh(variables);
      case "Logout":
        return { data: { logout: 1 } };
      case "MyRooms":
        return { data: { me, blockedUsers: [], rooms: { nodes: [], pageInfo: { endCursor: null, hasNextPage: false } } } };
      default:
        return refused("NOT_FOUND");
    }
  }

  /** refresh is what a server does: the same attempt gets the same answer. */
  refresh({ token, key }: Record<string, unknown>): Answer {
    const attempt = `${String(token)} ${String(key)}`;
    const before = this.refreshed.get(attempt);
    if (before) return before;
    if ([...this.refreshed.keys()].some((one) => one.startsWith(`${String(token)} `))) return refused("SESSION_REVOKED", { reason: "TOKEN_REUSED" });
    const answer = { data: { refreshToken: this.pair() } };
    this.refreshed.set(attempt, answer);
    return answer;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const piece of request) body += String(piece);
    const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
    const token = request.headers.authorization?.replace("Bearer ", "");
    const answer = await this.perform({ name: nameOf(query), variables, token, over: "http" });
    if (answer === "never") return;
    if (answer === "cut") return void request.socket.destroy();
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  }

  private talk(socket: WebSocket): void {
    let token = "";
    socket.on("close", (code) => this.closes.push(code));
    socket.on("message", async (bytes: Buffer) => {
      const message = JSON.parse(bytes.toString()) as { type: string; id: string; payload: Record<string, never> };
      if (message.type === "ping") {
        this.pings.push(socket);
        if (this.pongs) socket.send('{"type":"pong"}');
      } else if (message.type === "connection_init") {
        token = message.payload["authorization"] ?? "";
        const code = this.init(token);
        if (code) socket.close(code);
        else socket.send('{"type":"connection_ack"}');
      } else if (message.type === "complete") {
        for (const stream of this.streams) if (stream.socket === socket && stream.id === message.id) stream.ended = true;
      } else if (message.type === "subscribe") {
        const { query, variables } = message.payload as unknown as { query: string; variables: Stream["variables"] };
        if (nameOf(query) === "Events") {
          const stream = new Stream(socket, message.id, variables, token);
          this.streams.push(stream);
          return this.begun(stream);
        }
        const answer = await this.perform({ name: nameOf(query), variables, token, over: "socket" });
        if (answer === "cut") return socket.terminate();
        if (answer === "never") return;
        socket.send(JSON.stringify({ id: message.id, type: "next", payload: answer }));
        socket.send(JSON.stringify({ id: message.id, type: "complete" }));
      }
    });
  }
}

const nameOf = (query: string) => /^\w+ (\w+)/.exec(query)?.[1] ?? "";

/** soon is the wait of tests: what is tested must not hang on it. */
export const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 2));

/** gate holds answers back until it is opened. From then on it is open. */
export function gate() {
  let open: (() => void) | undefined;
  const opened = new Promise<void>((go) => (open = go));
  return { wait: () => opened, open: () => open?.() };
}

/** disk is a storage that tabs share. */
export function disk(): KeyValue & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

let databases = 0;

/** tab is a page of a server. It is closed when the test is over. */
export function tab({ url }: { url: string }, options: Partial<ParleyOptions> = {}): Parley {
  const database = `test-${process.pid}-${databases++}`;
  const parley = new Parley({ url, storage: disk(), wait: soon, webSocket: WebSocket, database, ...options });
  onTestFinished(() => parley.stop());
  return parley;
}

/** until waits for what must happen. */
export async function until(holds: () => unknown, said: () => unknown = () => ""): Promise<void> {
  const end = Date.now() + Number(PATIENCE);
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${String(holds)} ${String(said())}`);
    await soon();
  }
}

/** problem is why something was refused. */
export async function problem(work: Promise<unknown>): Promise<Problem> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ParleyError) return error.problem;
    throw error;
  }
  throw new Error("it was not refused");
}
