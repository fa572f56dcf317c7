import { exit } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** A Failure is an error as the server writes it. */
class Failure extends Error {
  constructor({ message, extensions: { code, reason, retryAfterMs } }) {
    super([code, reason, message].filter(Boolean).join(" "));
    Object.assign(this, { code, reason, retryAfterMs });
  }
}

// region again
// The codes that the same request would get again. After all others it is sent again.
const final = ["FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT", "ID_TAKEN", "LIMIT_REACHED"];

/** pause waits before the next attempt: a tenth of a second, twice as long after each, at most ten, and what the server says. */
export async function pause(tries, { message, retryAfterMs = 0 }) {
  console.error(`again: ${message}`);
  const most = Math.min(100 * 2 ** tries, 10_000);
  await sleep(Math.max(most * (0.5 + Math.random() / 2), retryAfterMs));
}
// endregion

const TYPING = `mutation ($room: ID!, $preview: String!) { setTyping(room: $room, preview: $preview) { id } }`;

/** A Client asks the server over HTTP, and hears events over server-sent events. */
export class Client {
  #url;
  #token;
  #good = Date.now(); // when the token was last known to be good; at first when the bot started

  constructor(origin, token) {
    this.#url = `${origin}/graphql`;
    this.#token = token;
  }

  // region ask
  /** ask sends an operation until it is answered, or until it is refused with a final code. */
  async ask(query, variables) {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#once(query, variables);
      } catch (error) {
        if (final.includes(error.code)) throw error;
        await pause(tries, error);
      }
    }
  }
  // endregion

  // region show
  /**
   * show returns what shows a room the last 1,000 characters of what the bot has written so far, three times a second. It is
   * tried once: what it brings is nowhere stored, and the answer must not wait for it.
   */
  show(room) {
    let last = 0;
    return async (soFar) => {
      if (Date.now() - last < 333) return;
      last = Date.now();
      const preview = [...soFar].slice(-1000).join("");
      await this.#once(TYPING, { room, preview }).catch(() => {});
    };
  }
  // endregion

  /** follow hands on the events of a subscription, one after the other, until the stream is cut or no more are wanted. It returns why. */
  async follow(query, variables, next) {
    const dead = new AbortController();
    const most = 40_000; // the server says something every 15 seconds, if only ":"
    let silence = setTimeout(() => dead.abort(new Error("the stream fell silent")), most);
    try {
      const answer = await this.#post("text/event-stream", query, variables, dead.signal);
      if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) this.#read(await answer.text());
      for await (const line of linesOf(answer.body)) {
        clearTimeout(silence);
        const more = !line.startsWith("data: ") || (await next(this.#read(line.slice(6)).events));
        if (!more) return new Error("no more of this stream");
        silence = setTimeout(() => dead.abort(new Error("the stream fell silent")), most);
      }
      return new Error("the stream was cut");
    } catch (error) {
      return error;
    } finally {
      clearTimeout(silence);
      dead.abort();
    }
  }

  async #once(query, variables) {
    const answer = await this.#post("application/json", query, variables, AbortSignal.timeout(15_000));
    return this.#read(await answer.text());
  }

  #post(accept, query, variables, signal) {
    const headers = { accept, "content-type": "application/json", authorization: `Bearer ${this.#token}` };
    return fetch(this.#url, { method: "POST", headers, body: JSON.stringify({ query, variables }), signal });
  }

  // read takes an answer apart. It ends the bot when its token is no good: a new one is known everywhere within two seconds.
  #read(text) {
    const { data, errors } = JSON.parse(text);
    if (!errors) this.#good = Date.now();
    if (!errors) return data;
    const failure = new Failure(errors[0]);
    if (failure.code === "SESSION_REVOKED" || (failure.code === "UNAUTHENTICATED" && Date.now() - this.#good > 10_000)) {
      console.error(`the token is not good any more: ${failure.message}`);
      exit(1);
    }
    throw failure;
  }
}

async function* linesOf(body) {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    yield* lines;
  }
}
