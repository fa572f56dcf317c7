import { Derived } from "./cell.ts";
import type { LogEvent } from "./log.ts";
import type { SignedIn } from "./signedin.ts";

const good = 6000; // ms that a text stands for

/** Preview is what a bot has written so far. */
export interface Preview {
  readonly username: string;
  readonly text: string;
}

type Held = { text: string; timer: ReturnType<typeof setTimeout> };

/** Previews are what bots are writing in a room, by its id, who began first: to be shown below all chats, and never kept. */
export class Previews {
  readonly view = new Derived<readonly Preview[]>(() => [...this.#held].map(([username, { text }]) => ({ username, text })));
  readonly #held = new Map<string, Held>();
  readonly #leave: () => void;

  constructor(signedIn: SignedIn, room: string) {
    this.#leave = signedIn.onEvent((event) => {
      if (event.room?.id === room) this.#happened(event);
    });
  }

  /** close is for when nobody looks any more. */
  close(): void {
    this.#leave();
    for (const username of this.#held.keys()) this.#end(username);
  }

  // A text takes the place of the last one, and the chat itself ends it.
  #happened({ kind, actor, chat, preview }: LogEvent): void {
    if (kind === "CHAT_SENT" && chat) this.#end(chat.username);
    if (kind !== "TYPING" || !actor) return;
    const { username } = actor;
    if (!preview) return this.#end(username);
    clearTimeout(this.#held.get(username)?.timer);
    this.#held.set(username, { text: preview, timer: setTimeout(() => this.#end(username), good) });
    this.view.changed();
  }

  #end(username: string): void {
    clearTimeout(this.#held.get(username)?.timer);
    if (this.#held.delete(username)) this.view.changed();
  }
}
