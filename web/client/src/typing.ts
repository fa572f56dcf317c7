import { Derived } from "./cell.ts";
import type { LogEvent } from "./log.ts";

const good = 6000; // ms that TYPING stands for
const pause = 2000; // ms between two that one sends

/** Typing is who is typing in a room, by username, who began first. */
export class Typing {
  readonly names = new Derived<readonly string[]>(() => [...this.#timers.keys()]);
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** happened takes in an event of the room. */
  happened({ kind, actor, chat }: LogEvent): void {
    if (kind === "CHAT_SENT" && chat) this.#end(chat.username);
    if (kind !== "TYPING" || !actor) return;
    const { username } = actor;
    const known = this.#timers.has(username);
    clearTimeout(this.#timers.get(username));
    this.#timers.set(username, setTimeout(() => this.#end(username), good));
    if (!known) this.names.changed();
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #end(username: string): void {
    clearTimeout(this.#timers.get(username));
    if (this.#timers.delete(username)) this.names.changed();
  }
}

/** sparingly makes of `tell` what may be called at each key. While one is on its way no other is sent: it would be stale. */
export function sparingly(tell: () => Promise<unknown>): () => void {
  let next = 0;
  let underway = false;
  return () => {
    const now = performance.now();
    if (underway || now < next) return;
    underway = true;
    next = now + pause;
    void tell()
      .catch(() => {}) // nobody misses it
      .finally(() => {
        underway = false;
      });
  };
}
