/** Waiting is a chat of one's own until the server has it and its room shows it. */
export interface Waiting {
  readonly id: string;
  /** The id or name of its room. */
  readonly room: string;
  readonly text: string;
  readonly replyTo: string | null;
  readonly data: unknown;
  /** Their order. */
  readonly turn: number;
  /** When it was written: ISO 8601. */
  readonly at: string;
  /** It may have reached the server. */
  readonly tried: boolean;
  /** It was changed after that. */
  readonly amended: boolean;
  /** The server has it, with another text: what is left is a change. */
  readonly stored: boolean;
  /** It is to be gone: if it has reached the server, it is deleted there. */
  readonly discarded: boolean;
}

/** Change makes of a chat as it is on the shelf what it is from then on; undefined: it is not there. */
export type Change = (now: Waiting | undefined) => Waiting | undefined;

/** Shelf keeps waiting chats, for all tabs of one person. */
export interface Shelf {
  /** They outlive the page. */
  readonly lasting: boolean;
  all(): Promise<Waiting[]>;
  /** change is atomic, over all tabs, and answers what is there behind it. */
  change(id: string, work: Change): Promise<Waiting | undefined>;
  clear(): Promise<void>;
}

/** memoryShelf is for where there is no IndexedDB. */
export function memoryShelf(): Shelf {
  const waiting = new Map<string, Waiting>();
  return {
    lasting: false,
    all: async () => [...waiting.values()],
    async change(id, work) {
      const then = work(waiting.get(id));
      if (then) waiting.set(id, then);
      else waiting.delete(id);
      return then;
    },
    clear: async () => waiting.clear(),
  };
}

const store = "outbox";

/** openShelf opens what is kept for one person in a database of this browser; or in memory, where there is none. */
export async function openShelf(database: string, owner: string): Promise<Shelf> {
  try {
    const open = globalThis.indexedDB.open(database, 1);
    open.addEventListener("upgradeneeded", () => open.result.createObjectStore(store));
    return kept(await answer(open), owner);
  } catch {
    return memoryShelf(); // there is none, as in Node, or it may not be used, as in some private windows
  }
}

// The key is the person's and the chat's id.
function kept(db: IDBDatabase, owner: string): Shelf {
  const mine = () => IDBKeyRange.bound([owner], [owner, []]);
  const begin = (mode: IDBTransactionMode) => db.transaction(store, mode);
  return {
    lasting: true,
    all: () => answer(begin("readonly").objectStore(store).getAll(mine()) as IDBRequest<Waiting[]>),
    async change(id, work) {
      const transaction = begin("readwrite");
      const chats = transaction.objectStore(store);
      const now = await answer(chats.get([owner, id]) as IDBRequest<Waiting | undefined>);
      const then = work(now);
      if (then) chats.put(then, [owner, id]);
      else if (now) chats.delete([owner, id]);
      await done(transaction);
      return then;
    },
    async clear() {
      const transaction = begin("readwrite");
      transaction.objectStore(store).delete(mine());
      await done(transaction);
    },
  };
}

const answer = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error as Error));
  });

const done = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error as Error));
  });
