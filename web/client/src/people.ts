import { Signal } from "./cell.ts";
import type { LogEvent } from "./log.ts";
import type { Person } from "./parts.ts";

/** People are those of whom something was heard, as they were last. */
export class People {
  readonly #signal = new Signal();
  readonly #people = new Map<string, Person>();
  readonly subscribe = this.#signal.subscribe;

  /** get is the same object until something about the person changes; undefined if nothing was heard of them. */
  readonly get = (id: string): Person | undefined => this.#people.get(id);

  take(people: readonly (Person | null | undefined)[]): void {
    for (const person of people) {
      if (!person || isSame(this.#people.get(person.id), person)) continue;
      this.#people.set(person.id, person);
      this.#signal.soon();
    }
  }

  happened({ actor, user, member, chat }: LogEvent): void {
    this.take([actor, user, member?.user, chat?.user]);
  }
}

const isSame = (one: Person | undefined, other: Person) =>
  one?.name === other.name && one.image === other.image && one.username === other.username && one.isBot === other.isBot;
