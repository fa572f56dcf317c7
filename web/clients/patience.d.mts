/** A Wait waits before the next attempt, n of which have failed, and never less than so many milliseconds. */
export type Wait = (n: number, least?: number) => Promise<void>;

/** An Ask is a fetch. */
export type Ask = (url: string, init: RequestInit) => Promise<Response>;

export declare const pause: Wait;
export declare function patiently(fetch: Ask, wait: Wait, most?: number): Ask;
export declare function inTurn(): <T>(work: () => Promise<T>) => Promise<T>;
