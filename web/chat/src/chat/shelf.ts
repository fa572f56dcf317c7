import { disk, readJson } from "../api/disk";
import type { Draft } from "./draft";
import { readAnswered, type Kept } from "./kept";

const most = 1_000_000; // letters of one person that wait on the disk

/** What the outbox does about other tabs. */
type Others = {
  /** A tab has changed a chat, or taken it away. */
  changed(id: string, draft: Draft | undefined): void;
  /** A tab was closed, and may have left something. */
  left(): void;
};

/** Shelf is the outbox on the disk: one key a chat, which any tab of the same person may write and remove. */
export class Shelf {
  readonly #kept: Kept;
  readonly #others: Others;
  readonly #sizes = new Map<string, number>(); // letters of those that are kept

  constructor(kept: Kept, others: Others) {
    this.#kept = kept;
    this.#others = others;
    addEventListener("storage", this.#look);
    addEventListener("pagehide", this.#leave);
  }

  /** all are the chats that were left waiting, in any order. Why they had not been sent is asked for anew. */
  all(): Draft[] {
    const drafts = disk.keys(this.#kept.place("wait")).map((key) => read(disk.get(key))).filter((draft) => draft !== undefined);
    for (const { id, text } of drafts) this.#sizes.set(id, text.length);
    return drafts;
  }

  /** put keeps a chat, if there is room. */
  put(draft: Draft): void {
    this.#sizes.delete(draft.id);
    const size = [...this.#sizes.values()].reduce((sum, letters) => sum + letters, draft.text.length);
    const { failure: _, ...rest } = draft;
    if (size <= most && disk.set(this.#place(draft.id), JSON.stringify(rest))) this.#sizes.set(draft.id, draft.text.length);
  }

  /** renew keeps a chat as it is now, and returns false if another tab has taken it away. */
  renew(draft: Draft): boolean {
    if (draft.state !== "stored" && this.#sizes.has(draft.id) && disk.get(this.#place(draft.id)) === null) return false;
    if (draft.state === "stored") this.remove(draft.id);
    else this.put(draft);
    return true;
  }

  remove(id: string): void {
    this.#sizes.delete(id);
    disk.remove(this.#place(id));
  }

  /** keeps says whether a chat outlives this tab. */
  keeps(id: string): boolean {
    return this.#sizes.has(id);
  }

  stop(): void {
    removeEventListener("storage", this.#look);
    removeEventListener("pagehide", this.#leave);
  }

  #place(id: string): string {
    return this.#kept.place("wait", id);
  }

  // What is there counts and not what the event says: it may be older than what was written here.
  readonly #look = ({ key }: StorageEvent): void => {
    const start = this.#kept.place("wait");
    if (!key?.startsWith(start)) return;
    if (key === start) this.#others.left();
    else this.#others.changed(key.slice(start.length), read(disk.get(key)));
  };

  // The storage tells the other tabs.
  readonly #leave = (): void => {
    if (this.#sizes.size === 0) return;
    disk.set(this.#kept.place("wait"), "left");
    disk.remove(this.#kept.place("wait"));
  };
}

function read(text: string | null): Draft | undefined {
  const kept = readJson(text) as Partial<Draft> | null | undefined;
  if (typeof kept?.id !== "string" || typeof kept.room !== "string" || typeof kept.text !== "string") return undefined;
  const { id, room, text: written, at = new Date(0).toISOString(), turn = 0, tried, amended, there, change } = kept;
  const state = kept.state === "discarded" ? "discarded" : "waiting";
  return { id, room, text: written, at, turn, state, tried, amended, there, change, replyTo: readAnswered(kept.replyTo) };
}
