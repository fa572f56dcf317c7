import { uuid, type KeyValue } from "./platform.ts";

/** User is who is signed in. */
export interface User {
  readonly id: string;
  readonly username: string;
}

/** Kept is what outlives a reload. Whoever can read it is signed in: no script from elsewhere belongs into the page. */
export interface Kept extends User {
  readonly refreshToken: string;
  /**
   * The idempotencyKey of this token's exchange, made and stored with it. After a lost answer, after a reload and in another tab it
   * is the same attempt with the same answer, and nothing has to be stored while tokens are exchanged.
   */
  readonly attempt: string;
}

/** Stored is a session in a storage, for all tabs. */
export class Stored {
  readonly place: string;
  readonly #storage: KeyValue;

  constructor(storage: KeyValue, place: string) {
    this.#storage = storage;
    this.place = place;
  }

  /** read is undefined when nobody is signed in. */
  read(): Kept | undefined {
    try {
      const kept = JSON.parse(this.#storage.getItem(this.place) ?? "null") as Partial<Kept> | null;
      // Older pages of the chat have stored no attempt. It has to be the same in all tabs.
      if (kept?.id && kept.username && kept.refreshToken) return { attempt: kept.id, ...kept } as Kept;
    } catch {
      // Not ours. Signing in writes over it.
    }
    return undefined;
  }

  write({ id, username }: User, refreshToken: string): void {
    this.#storage.setItem(this.place, JSON.stringify({ id, username, refreshToken, attempt: uuid() }));
  }

  clear(): void {
    this.#storage.removeItem(this.place);
  }
}
