import type { Ask, Wait } from "./patience.mjs";

/** What the server says of an error. */
export interface Refusal {
  message: string;
  extensions?: Record<string, unknown>;
}

export declare class Refused extends Error {
  constructor(refusal: Refusal);
  /** one of the schema's ErrorCode */
  code: string;
  field?: string;
  reason?: string;
  retryable?: boolean;
  retryAfterMs?: number;
  requestId?: string;
}

export interface SessionOptions {
  /** where the refresh token is kept; localStorage when it is not given */
  storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  wait?: Wait;
  /** gets the reason when the session turns out to have ended, once; not after signOut */
  signedOut?: (reason: Refused) => void;
}

export declare class Session {
  constructor(url: string, options?: SessionOptions);
  readonly url: string;
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly wait: Wait;
  readonly fetch: Ask;
  signedOut: (reason: Refused) => void;
  /** why the session has ended, if it has */
  readonly ended?: Refused;
  readonly signedIn: boolean;
  signIn(username: string, password: string): Promise<void>;
  register(username: string, password: string): Promise<void>;
  loginWith(token: string): Promise<void>;
  signOut(): Promise<void>;
  token(): Promise<string>;
  expire(token: string): void;
  check(): void;
  ask<Data>(query: string, variables?: Record<string, unknown>): Promise<Data>;
}
