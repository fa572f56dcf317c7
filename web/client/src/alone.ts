import { uuid, type KeyValue } from "./platform.ts";

const lease = 10_000; // ms after which a lock whose tab has died is free
const settle = 50; // ms in which two tabs that take the lock at once both see who was last

/** Locks is what is used of navigator.locks. */
export interface Locks {
  request<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

/** Alone runs `work` in one tab at a time. */
export type Alone = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

/** alone locks with navigator.locks, which browsers have on https and localhost only, or by the storage that tabs share. */
export const alone = (storage: KeyValue, locks?: Locks): Alone =>
  (name, work) => locked(locks, name, work, () => byStorage(storage, `${name}.lock`, work));

/** locked runs `work` under a lock, or what is to be done without one: there is none, or it is refused, as where cookies are forbidden. */
export async function locked<Result>(locks: Locks | undefined, name: string, work: () => Promise<Result>, without: () => Promise<Result>): Promise<Result> {
  let begun: Promise<Result> | undefined;
  return locks ? locks.request(name, () => (begun = work())).catch(() => begun ?? without()) : without();
}

type Claim = { owner: string; until: number };

// A lock that almost always holds. That is enough: what is done under it may be done twice, and ends well then, too.
async function byStorage<Result>(storage: KeyValue, key: string, work: () => Promise<Result>): Promise<Result> {
  const owner = uuid();
  const claim = () => storage.setItem(key, JSON.stringify({ owner, until: Date.now() + lease }));
  for (;;) {
    const left = (holder(storage, key).until ?? 0) - Date.now();
    // A claim of the far future was made by a clock that was wrong.
    if (left < 0 || left > 2 * lease) {
      claim();
      await pause(settle);
      if (holder(storage, key).owner === owner) break;
    }
    await pause(settle * (1 + Math.random()));
  }
  const renewal = setInterval(claim, lease / 4);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    if (holder(storage, key).owner === owner) storage.removeItem(key);
  }
}

function holder(storage: KeyValue, key: string): Partial<Claim> {
  try {
    return (JSON.parse(storage.getItem(key) ?? "{}") as Partial<Claim> | null) ?? {};
  } catch {
    return {};
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
