import { Cell, type Readable } from "./cell.ts";
import type { LogoutScope } from "./gql/documents.ts";
import { SignedIn, type SignedInOptions } from "./signedin.ts";
import { Session, type SessionOptions } from "./session.ts";

export interface ParleyOptions extends SessionOptions, SignedInOptions {}

/** Parley is a page's side of a server: who is signed in, and what they work with. One lives as long as the page. */
export class Parley {
  readonly session: Session;
  readonly #signedIn: Cell<SignedIn | undefined>;
  readonly #undo: () => void;

  constructor(options: ParleyOptions) {
    this.session = new Session(options);
    this.#signedIn = new Cell<SignedIn | undefined>(undefined);
    const changed = () => {
      const { user } = this.session;
      const now = this.#signedIn.get();
      if (now?.user.id === user?.id) return;
      now?.stop();
      this.#signedIn.set(user && new SignedIn(this.session, user, options));
    };
    this.#undo = this.session.state.subscribe(changed);
    changed();
  }

  /** signedIn is what the person who is signed in works with; undefined when nobody is. */
  get signedIn(): Readable<SignedIn | undefined> {
    return this.#signedIn;
  }

  /**
   * signOut ends the session, as Session's does, and deletes what waits in the outbox: ask first, where `outbox.entries` has some.
   * It throws when the server could not be told.
   */
  async signOut(scope: LogoutScope = "CURRENT"): Promise<number> {
    const forgotten = scope === "OTHERS" ? undefined : this.#signedIn.get()?.outbox.forget();
    const [ended] = await Promise.all([this.session.signOut(scope), forgotten]);
    return ended;
  }

  /** stop is for tests and for pages that go on without: it ends what runs, and nobody is signed out. */
  stop(): void {
    this.#undo();
    this.session.stop();
    this.#signedIn.get()?.stop();
    this.#signedIn.set(undefined);
  }
}
