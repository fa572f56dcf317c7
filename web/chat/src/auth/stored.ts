import { disk } from "../api/disk";

/**
 * What outlives a reload. The refresh token is in localStorage, so that a closed tab or a restarted
 * browser stays signed in, and all tabs are one session. A script that got into this page could read it;
 * that none does is what the page's policy is for (no inline script, nothing from elsewhere, text is
 * only ever text). A cookie that scripts cannot read would need a second way to sign in, and defences
 * against forged requests. A stolen token that is used is noticed: both holders are then signed out.
 */
export type Stored = {
  id: string;
  username: string;
  refreshToken: string;
  /**
   * The idempotencyKey of this token's exchange, made and stored with it: after a lost answer, after a reload and in
   * another tab it is the same attempt, with the same answer. So nothing is stored while tokens are exchanged, and no tab
   * writes over what another has just got.
   */
  attempt?: string;
};

export const place = "parley.session";

/** read is the stored session, or undefined when nobody is signed in. */
export function read(): Stored | undefined {
  const text = disk.get(place);
  if (text === null) return undefined;
  try {
    const stored = JSON.parse(text) as Partial<Stored> | null;
    if (stored?.id && stored.username && stored.refreshToken) return stored as Stored;
  } catch {
    // Not ours. Signing in writes over it.
  }
  return undefined;
}

export const write = (stored: Stored): boolean => disk.set(place, JSON.stringify(stored));

export const clear = (): void => disk.remove(place);
