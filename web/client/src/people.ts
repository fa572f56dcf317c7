// An entry of its own: who shows no members and no profiles does not load it.
import { Signal } from "./cell.ts";
import type { LogEvent } from "./log.ts";
import type { Person } from "./parts.ts";
import type { SignedIn } from "./signedin.ts";

export { Members, type MembersView } from "./members.ts";
export { Previews, type Preview } from "./previews.ts";

/** People are those of whom something was heard since it was made, as they were last. */
export class People {
  readonly #signal = new Signal();
  readonly #people = new Map<string, Person>();
  readonly subscribe = this.#signal.subscribe;
  /** close is for when nobody looks any more. */
  readonly close: () => void;

  constructor(signedIn: SignedIn) {
    this.close = signedIn.onEvent((event) => this.#happened(event));
  }

  /** get is the same object until something about the person changes; undefined if nothing was heard of them. */
  readonly get = (id: string): Person | undefined => this.#people.get(id);

  /** take takes in people who were asked for: of pages, members and profiles. */
  take(people: readonly (Person | null | undefined)[]): void {
    for (const person of people) {
      if (!person || isSame(this.#people.get(person.id), person)) continue;
      this.#people.set(person.id, person);
      this.#signal.soon();
    }
  }

  #happened({ actor, user, member, chat }: LogEvent): void {
    this.take([actor, user, member?.user, chat?.user]);
  }
}

const isSame = (one: Person | undefined, other: Person) =>
  one?.name === other.name && one.image === other.image && one.username === other.username && one.isBot === other.isBot;
