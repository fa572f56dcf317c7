import { disk, readJson } from "../api/disk";
import { Store } from "../api/store";

const root = "parley.kept.";
const most = { rooms: 100, letters: 1_000_000 }; // a fifth of what browsers give to a site

/** Edit is a chat of one's own that is being changed: its text as it was, and as it is to be. */
export type Edit = { id: string; from: string; text: string };

/** Answered is the chat that another answers. What it says is not kept: it may be changed or deleted meanwhile. */
export type Answered = { id: string; username: string };

/** Writing is what was begun in one room: a chat, which one it answers, and a change of another. */
export type Writing = { text: string; reply?: Answered | undefined; edit?: Edit | undefined };

/**
 * Kept is what this browser keeps of one person until they sign out, or somebody else signs in: what they
 * have begun to write, and the chats that wait to be sent (see Outbox).
 * Each thing has a key of its own, so that two tabs never write over each other's.
 */
export class Kept {
  /** The rooms in which something was begun. */
  readonly begun = new Store<ReadonlySet<string>>(new Set());
  readonly #mine: string;
  readonly #sizes = new Map<string, number>(); // letters by room, the latest last

  constructor(me: string) {
    this.#mine = `${root}${me}.`;
    for (const key of disk.keys(root)) if (!key.startsWith(this.#mine)) disk.remove(key);
    this.#look();
    addEventListener("storage", this.#look);
  }

  /** place is the key of one thing of a kind. */
  place(kind: "write" | "wait", name = ""): string {
    return `${this.#mine}${kind}.${name}`;
  }

  /** writing is what was begun in a room. */
  writing(room: string): Writing {
    return read(this.place("write", room)) ?? { text: "" };
  }

  /** texts is all that was begun, in every room and by every tab. */
  texts(): string[] {
    const all = disk.keys(this.place("write")).map((key) => read(key));
    const texts = all.flatMap((one) => [one?.text, one?.edit?.text === one?.edit?.from ? "" : one?.edit?.text]);
    return texts.filter((text): text is string => !!text);
  }

  /** write keeps what was begun in a room. When there is too much of it, what was begun first goes. */
  write(room: string, { text, reply, edit }: Writing): void {
    this.#sizes.delete(room);
    const key = this.place("write", room);
    if (text === "" && !reply && !edit) {
      disk.remove(key);
    } else {
      const size = text.length + (edit ? edit.text.length + edit.from.length : 0);
      this.#sizes.set(room, size);
      if (size <= most.letters) disk.set(key, JSON.stringify({ text, reply, edit, at: Date.now() }));
      this.#bound(room);
    }
    this.#tell();
  }

  stop(): void {
    removeEventListener("storage", this.#look);
  }

  // What there is at the beginning, and after another tab has changed something.
  readonly #look = (event?: StorageEvent): void => {
    if (event?.key && !event.key.startsWith(this.#mine)) return;
    const start = this.place("write");
    const all = disk.keys(start).map((key) => ({ room: key.slice(start.length), ...read(key) }));
    this.#sizes.clear();
    for (const { room, text = "", edit } of all.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))) {
      this.#sizes.set(room, text.length + (edit?.text.length ?? 0) + (edit?.from.length ?? 0));
    }
    this.#tell();
  };

  #bound(but: string): void {
    let letters = 0;
    for (const size of this.#sizes.values()) letters += size;
    for (const [room, size] of this.#sizes) {
      if (letters <= most.letters && this.#sizes.size <= most.rooms) return;
      if (room === but) continue;
      letters -= size;
      this.#sizes.delete(room);
      disk.remove(this.place("write", room));
    }
  }

  #tell(): void {
    const now = this.begun.get();
    if (now.size === this.#sizes.size && [...this.#sizes.keys()].every((room) => now.has(room))) return;
    this.begun.set(new Set(this.#sizes.keys()));
  }
}

/** forget takes away all that is kept, whoever wrote it. */
export function forget(): void {
  for (const key of disk.keys(root)) disk.remove(key);
}

type Stored = Writing & { at: number };

function read(key: string): Stored | undefined {
  const kept = readJson(disk.get(key)) as Partial<Stored> | null | undefined;
  if (typeof kept?.text !== "string") return undefined;
  const { text, edit, at = 0 } = kept;
  const whole = edit && [edit.id, edit.from, edit.text].every((part) => typeof part === "string");
  return { text, reply: readAnswered(kept.reply), edit: whole ? edit : undefined, at };
}

/** readAnswered is the chat that a stored one answers, if it says which. */
export const readAnswered = (stored: Partial<Answered> | null | undefined): Answered | undefined =>
  typeof stored?.id === "string" && typeof stored.username === "string" ? { id: stored.id, username: stored.username } : undefined;
