// Who is typing in a room, and what bots are writing: news that is told once, and is stale after six seconds.

const good = 6000; // ms
const pause = 2000; // ms: the server drops what comes faster

/** Typing is the line below a room. `show` gets the usernames of those who are typing, who began first. */
export class Typing {
  #timers = new Map(); // by username
  #show;

  constructor(show) {
    this.#show = show;
  }

  /** happened takes in an event: a chat of the same person ends it, and what is shown of a bot says it already. */
  happened({ kind, actor, chat, preview }) {
    if (kind === "CHAT_SENT") this.#end(chat.username);
    if (kind !== "TYPING" || !actor) return;
    const { username } = actor;
    if (preview) return this.#end(username);
    const known = this.#timers.has(username);
    clearTimeout(this.#timers.get(username));
    this.#timers.set(username, setTimeout(() => this.#end(username), good));
    if (!known) this.#tell();
  }

  /** stop is for the end of the room. */
  stop() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #end(username) {
    clearTimeout(this.#timers.get(username));
    if (this.#timers.delete(username)) this.#tell();
  }

  #tell() {
    this.#show([...this.#timers.keys()]);
  }
}

/** sparingly makes of `tell` what may be called at each key. While one is on its way no other is sent: it would be stale. */
export function sparingly(tell) {
  let next = 0;
  let underway = false;
  return async () => {
    if (underway || performance.now() < next) return;
    underway = true;
    next = performance.now() + pause;
    await Promise.resolve(tell()).catch(() => {}); // nobody misses it
    underway = false;
  };
}

/** Previews are what bots have written so far. `show` gets `{ username, text }` of each, who began first. */
export class Previews {
  #written = new Map(); // by username: a text, and its timer
  #show;

  constructor(show) {
    this.#show = show;
  }

  /** happened takes in an event: its text takes the place of the last one, and the chat itself ends it. */
  happened({ kind, actor, chat, preview }) {
    if (kind === "CHAT_SENT") this.#end(chat.username);
    if (kind !== "TYPING" || !actor) return;
    const { username } = actor;
    if (!preview) return this.#end(username);
    clearTimeout(this.#written.get(username)?.timer);
    this.#written.set(username, { text: preview, timer: setTimeout(() => this.#end(username), good) });
    this.#tell();
  }

  /** stop is for the end of the room. */
  stop() {
    for (const { timer } of this.#written.values()) clearTimeout(timer);
    this.#written.clear();
  }

  #end(username) {
    clearTimeout(this.#written.get(username)?.timer);
    if (this.#written.delete(username)) this.#tell();
  }

  #tell() {
    this.#show([...this.#written].map(([username, { text }]) => ({ username, text })));
  }
}
