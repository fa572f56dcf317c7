import { disk } from "../api/disk";
import { uuid } from "../api/uuid";

const lease = 10_000; // ms after which a lock whose tab has died is free
const settle = 50; // ms in which two tabs that take the lock at once both see who was last

type Claim = { owner: string; until: number };

/** alone runs `work` in one tab at a time. */
export function alone<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  // navigator.locks exists on https and localhost only.
  if ("locks" in navigator) return navigator.locks.request(name, work);
  return aloneByStorage(`${name}.lock`, work);
}

/**
 * aloneByStorage is a lock that almost always holds. That is enough here: when two tabs do refresh at
 * once the server says so, and the loser reads what the winner has stored.
 */
export async function aloneByStorage<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  const owner = uuid();
  const claim = () => disk.set(key, JSON.stringify({ owner, until: Date.now() + lease }));
  for (;;) {
    const held = holder(key);
    if (!held || held.until < Date.now()) {
      claim();
      await pause(settle);
      if (holder(key)?.owner === owner) break;
    }
    await pause(settle * (1 + Math.random()));
  }
  const renewal = setInterval(claim, lease / 4);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    if (holder(key)?.owner === owner) disk.remove(key);
  }
}

function holder(key: string): Claim | undefined {
  try {
    return (JSON.parse(disk.get(key) ?? "null") as Claim | null) ?? undefined;
  } catch {
    return undefined;
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
