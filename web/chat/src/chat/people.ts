import type { Client } from "urql";
import { failureOf } from "../api/failure";
import { Store } from "../api/store";
import { backOff, sleep } from "../../../client/src/platform.ts";
import { MembersDocument, PeopleDocument } from "../gql/graphql";

/** Person is somebody as they are shown. */
export type Person = {
  username: string;
  /** What they call themselves; their username as long as it is not known, and when the account is gone. */
  name: string;
  /** Its beginning, where it is long. */
  short: string;
  isBot: boolean;
  /** Others are called the same, or so like it that one is taken for the other: the username is shown as well. */
  shared: boolean;
};

type Known = Pick<Person, "name" | "short" | "isBot"> & {
  /** What is equal for all who are called alike, by what is shown. */
  key: string;
  /** The serial number of the request that said so, -1 if none has. */
  asked: number;
};

type Said = { username?: unknown; name?: unknown; isBot?: unknown; user?: { name: string; isBot: boolean } | null };

const pause = 100; // ms in which unknown people are gathered
const most = 10; // people of one request
const marked = /[@＠(（]/; // would look like what is shown beside names
const letters = 32; // of a short name: as many as a username has

/** crowd is how many members a room has at most of whom all are known: in larger ones any name may be shared. */
export const crowd = 200;

// Letters of other scripts that look like Latin ones, small or large, and those.
const twins = new Map<string, string>();
for (const [index, letter] of [..."авекмнорстухіјѕαβεζηικμνορτυχ"].entries()) twins.set(letter, "abekmhopctyxijsabezhikmnoptyx"[index]!);

/** alike is equal for names that one would take for each other: case, accents, spaces and letters of other scripts do not tell them apart. */
export const alike = (name: string): string =>
  Array.from(name.normalize("NFKD").replace(/[\p{M}\s]/gu, "").toUpperCase().toLowerCase(), (letter) => twins.get(letter) ?? letter).join("");

// What is written from right to left turns nothing around it.
const isolated = (text: string): string => (/[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFF\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u.test(text) ? `\u2068${text}\u2069` : text);

/**
 * People are those of whom one has seen something, by username, and what they are called. Every answer tells of them; whoever is still
 * unknown when they are to be shown is asked for.
 */
export class People {
  /** How often something has changed. */
  readonly changes = new Store(0);
  readonly #client: Client;
  readonly #known = new Map<string, Known>();
  readonly #called = new Map<string, Set<string>>(); // usernames by what is alike
  readonly #wanted = new Set<string>();
  #changed = false;
  #asking = false;
  #stopped = false;

  /** `me` is one's own username. */
  constructor(client: Client, me: string) {
    this.#client = client;
    this.#set(me, called(me));
  }

  /** learn takes in all people in an answer. What a later question was answered already is newer. */
  learn(data: unknown, asked: number): void {
    this.#look(data, asked);
    if (!this.#changed) return;
    this.#changed = false;
    this.changes.set(this.changes.get() + 1);
  }

  /** of is somebody as they are to be shown now. */
  of(username: string): Person {
    let known = this.#known.get(username);
    if (!known) {
      this.#set(username, (known = called(username)));
      this.#wanted.add(username);
      if (!this.#asking) void this.#ask();
    }
    const { name, short, key, isBot } = known;
    return { username, name, short, isBot, shared: this.#called.get(key)!.size > 1 || marked.test(name) };
  }

  /** title is what somebody is called where there is only text; `full`: with the username in any case. */
  title(username: string, full = false): string {
    const { name, short, isBot, shared } = this.of(username);
    const beside = [shared || (full && name !== username) ? `@${username}` : "", isBot ? "bot" : ""].filter((one) => one !== "");
    return isolated(short) + (beside.length > 0 ? ` (${isolated(beside.join(", "))})` : "");
  }

  /** meet reads who is in a room, so that two of one name are told apart before both have said something. */
  async meet(room: string): Promise<void> {
    for (let tries = 0; !this.#stopped; ) {
      const { error } = await this.#client.query(MembersDocument, { room }, { requestPolicy: "network-only" }).toPromise();
      if (!error || !failureOf(error).passes) return;
      await backOff(tries++);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  // A chat says its author's username, and with `user` who that is: null when the account is gone.
  #look(data: unknown, asked: number): void {
    if (typeof data !== "object" || data === null) return;
    const { username, name, isBot, user } = data as Said;
    if (typeof username === "string") {
      if (typeof name === "string") this.#know(username, name, isBot === true, asked);
      else if (user !== undefined) this.#know(username, user?.name ?? username, user?.isBot ?? false, asked);
    }
    for (const below of Object.values(data)) this.#look(below, asked);
  }

  #know(username: string, name: string, isBot: boolean, asked: number): void {
    this.#wanted.delete(username);
    const known = this.#known.get(username);
    if (known && asked < known.asked) return;
    if (known?.name === name && known.isBot === isBot) known.asked = asked;
    else this.#set(username, called(name, isBot, asked));
  }

  #set(username: string, now: Known): void {
    const before = this.#known.get(username);
    if (before) this.#called.get(before.key)?.delete(username);
    this.#known.set(username, now);
    for (const key of [now.key, alike(username)]) this.#called.set(key, (this.#called.get(key) ?? new Set()).add(username));
    this.#changed = true;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    await sleep(pause);
    for (let tries = 0; this.#wanted.size > 0 && !this.#stopped; ) {
      const some = [...this.#wanted].slice(0, most);
      const at = (index: number) => some[index] ?? some[0]!;
      const [a, b, c, d, e] = [at(0), at(1), at(2), at(3), at(4)];
      const variables = { a, b, c, d, e, f: at(5), g: at(6), h: at(7), i: at(8), j: at(9) };
      const { error } = await this.#client.query(PeopleDocument, variables, { requestPolicy: "network-only" }).toPromise();
      if (error && failureOf(error).passes) await backOff(tries++);
      else for (const username of some) this.#wanted.delete(username); // of whom nothing was said there is no account
    }
    this.#asking = false;
  }
}

function called(name: string, isBot = false, asked = -1): Known {
  const all = name.length > letters ? Array.from(new Intl.Segmenter().segment(name), ({ segment }) => segment) : [];
  const short = all.length > letters ? `${all.slice(0, letters).join("")}…` : name;
  return { name, short, key: alike(short), isBot, asked };
}
