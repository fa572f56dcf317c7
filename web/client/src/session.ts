import { alone, type Alone, type Locks } from "./alone.ts";
import { Cell, type Readable } from "./cell.ts";
import type { Document } from "./document.ts";
import { LoginDocument, LoginWithDocument, LogoutDocument, RefreshDocument, RegisterDocument, type LogoutScope, type TokensFragment } from "./gql/documents.ts";
import { backOff, durable, listen, localDisk, type KeyValue, type Wait } from "./platform.ts";
import { poster, type Fetch, type Post } from "./post.ts";
import { noAnswer, ParleyError, passes, problemOf, revoked, type Refused, type Revoked } from "./problem.ts";
import { Stored, type User } from "./stored.ts";

/** SessionState is who is signed in; or nobody, and why, if the session was not ended here. */
export type SessionState =
  | { readonly status: "in"; readonly user: User }
  | { readonly status: "out"; readonly problem?: Revoked };

export interface SessionOptions {
  /** The address of the API, absolute: `https://chat.example/graphql`. */
  url: string;
  /** Where the refresh token is kept. Default: localStorage where there is one, else memory. */
  storage?: KeyValue;
  /** Under which name. Default: "parley". Two sessions of one origin need two names. */
  name?: string;
  /** Default: navigator.locks where there is one; else a lock in the storage. */
  locks?: Locks;
  fetch?: Fetch;
  wait?: Wait;
}

/** ofToken are the codes of refusals of a token: another one may be taken. */
export const ofToken = new Set<string>(["UNAUTHENTICATED", "TOKEN_EXPIRED", "SESSION_REVOKED"]);

/** Session is one person's sign-in, the same in all tabs, and a good access token whenever one is asked for. */
export class Session {
  readonly url: string;
  readonly wait: Wait;
  /** How tokens are exchanged while a socket is open, which renews that too. For Connection. */
  over: Post | undefined;
  /** What browsers have on https and localhost only. */
  readonly locks: Locks | undefined;
  readonly #alone: Alone;
  readonly #state: Cell<SessionState>;
  readonly #stored: Stored;
  readonly #post: Post;
  #access: { token: string; goodUntil: number } | undefined;
  #renewal: Promise<string> | undefined;
  readonly #unlisten: () => void;

  constructor({ url, storage, name = "parley", locks, fetch, wait = backOff }: SessionOptions) {
    this.url = url;
    this.wait = wait;
    const disk = durable(storage ?? localDisk());
    this.#stored = new Stored(disk, `${name}.session`);
    this.locks = locks ?? (globalThis.navigator as Navigator | undefined)?.locks;
    this.#alone = alone(disk, this.locks);
    this.#post = poster(url, fetch ?? ((...request) => globalThis.fetch(...request)));
    const kept = this.#stored.read();
    this.#state = new Cell<SessionState>(kept ? inside(kept) : { status: "out" });
    this.#unlisten = listen("storage", (event) => {
      const { key } = event as StorageEvent;
      if (key === null || key === this.#stored.place) this.look();
    });
  }

  /** state is who is signed in, in this tab and in all others. */
  get state(): Readable<SessionState> {
    return this.#state;
  }

  /** user is who is signed in, or undefined. */
  get user(): User | undefined {
    const state = this.#state.get();
    return state.status === "in" ? state.user : undefined;
  }

  /** signIn takes the tokens that `fetchPair` brings: the way for every kind of sign-in. It throws what that throws. */
  async signIn(fetchPair: (post: Post) => Promise<TokensFragment | null>): Promise<User> {
    const pair = await fetchPair(this.#post);
    if (!pair?.refreshToken) throw new ParleyError(noAnswer);
    const { user } = pair;
    this.#stored.write(user, pair.refreshToken);
    this.#take(pair);
    this.#state.set(inside(user));
    return user;
  }

  /** login signs in by password. */
  login(username: string, password: string): Promise<User> {
    return this.signIn(async (post) => (await post(LoginDocument, { username, password })).login);
  }

  /** loginWith signs in with a token of one's own backend or of its OpenID provider, which is not kept. */
  loginWith(token: string): Promise<User> {
    return this.signIn(async (post) => (await post(LoginWithDocument, { token })).loginWith);
  }

  /** register makes an account and signs in, with the code of an invite where the server wants one. */
  register(username: string, password: string, invite?: string): Promise<User> {
    return this.signIn(async (post) => (await post(RegisterDocument, { username, password, invite: invite ?? null })).register);
  }

  /**
   * signOut ends this session, or all of one's own, at once here and in the other tabs; or all OTHERS and not this one. It answers
   * how many have ended. When the server could not be told it throws, and they live on there until they run out.
   */
  async signOut(scope: LogoutScope = "CURRENT"): Promise<number> {
    const kept = this.#stored.read();
    if (!kept) return 0;
    if (scope !== "OTHERS") {
      this.#access = undefined;
      this.#stored.clear();
      this.#state.set({ status: "out" });
    }
    const tell = () => this.#post(LogoutDocument, { scope, token: kept.refreshToken });
    return (await patiently(this.wait, tell, 4)).logout ?? 0;
  }

  /** token is a good access token, renewed if need be. It throws when there is none to be had now. */
  async token(): Promise<string> {
    if (this.#access && Date.now() < this.#access.goodUntil) return this.#access.token;
    return this.renew();
  }

  /** drop forgets a token that the server has not taken. */
  drop(token: string | undefined): void {
    if (this.#access?.token === token) this.#access = undefined;
  }

  /** freshFor is how long the access token is good, in ms; undefined when that is not known. */
  get freshFor(): number | undefined {
    const left = (this.#access?.goodUntil ?? Infinity) - Date.now();
    return Number.isFinite(left) ? Math.max(0, left) : undefined;
  }

  /** renew exchanges the tokens. All who ask while that is under way wait for the same. */
  renew(): Promise<string> {
    this.#renewal ??= this.#alone(`${this.#stored.place}.renew`, () => this.#renew()).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  /** check is for whoever was told that the session has ended. Perhaps another tab has signed in since: a renewal shows. */
  async check(): Promise<void> {
    if (!this.#renewal) this.#access = undefined;
    await this.token().catch(() => {});
  }

  /** ask runs a query or a mutation, once more with another token if the first has run out. It throws a ParleyError. */
  ask<Result, Variables>(document: Document<Result, Variables> | string, variables: Variables, how: { signal?: AbortSignal } = {}): Promise<Result> {
    return this.withToken((token) => this.#post(document as Document<Result, Variables>, variables, { ...how, token }));
  }

  /** withToken does what needs an access token, and again with another one when it throws that the first was not taken. */
  async withToken<Result>(work: (token: string) => Promise<Result>): Promise<Result> {
    const user = this.user?.id;
    for (let tries = 0; ; tries++) {
      const token = await this.token();
      if (this.user?.id !== user) throw new ParleyError(signedOut); // somebody else is, since
      try {
        return await work(token);
      } catch (error) {
        const problem = problemOf(error);
        if (problem.kind !== "refused" || !ofToken.has(problem.code)) throw error;
        this.drop(token);
        if (tries > 4) throw problem.code === "TOKEN_EXPIRED" ? error : this.#end(problem);
      }
    }
  }

  /** stop follows what other tabs do no more. */
  stop(): void {
    this.#unlisten();
  }

  /** look reads again what other tabs have stored. */
  look(): void {
    const kept = this.#stored.read();
    if (kept?.id === this.user?.id) return;
    this.#access = undefined;
    this.#state.set(kept ? inside(kept) : { status: "out" });
  }

  async #renew(): Promise<string> {
    for (let tries = 0; ; tries++) {
      this.look();
      const kept = this.#stored.read(); // nothing comes between this and the request: another tab may have been faster
      if (!kept) throw new ParleyError(signedOut);
      try {
        const pair = await this.#exchange(kept.refreshToken, kept.attempt);
        const now = this.#stored.read()?.refreshToken;
        if (now !== kept.refreshToken && now !== pair.refreshToken) continue;
        if (now !== pair.refreshToken && pair.refreshToken) this.#stored.write(kept, pair.refreshToken);
        return this.#take(pair);
      } catch (error) {
        const problem = problemOf(error);
        if (problem.kind !== "refused") throw error;
        if (problem.code === "REFRESH_TOKEN_ROTATED") await this.wait(tries); // another tab is about to store what it got
        else if (!ofToken.has(problem.code)) throw error;
        else if (this.#stored.read()?.refreshToken === kept.refreshToken) throw this.#end(problem);
      }
    }
  }

  // Over the socket first, if there is one. Not answered there, it is the same attempt again.
  async #exchange(token: string, key: string): Promise<TokensFragment> {
    const inPlace = await this.over?.(RefreshDocument, { token, key }).catch((error: unknown) => {
      if (problemOf(error).kind !== "network") throw error;
    });
    const { refreshToken } = inPlace ?? (await this.#post(RefreshDocument, { token, key }));
    if (!refreshToken) throw new ParleyError(noAnswer);
    return refreshToken;
  }

  // The clock here may be wrong: a lifetime that makes no sense is not known. The server has the last word anyway.
  #take({ accessToken, accessTokenExpiresAt }: TokensFragment): string {
    const lifetime = Date.parse(accessTokenExpiresAt) - Date.now();
    const margin = Math.min(30_000, lifetime / 10);
    this.#access = { token: accessToken, goodUntil: lifetime > 0 ? Date.now() + lifetime - margin : Infinity };
    return accessToken;
  }

  #end(problem: Refused): ParleyError {
    const because = revoked(problem);
    this.#access = undefined;
    this.#stored.clear();
    this.#state.set({ status: "out", problem: because });
    return new ParleyError(because);
  }
}

const inside = ({ id, username }: User): SessionState => ({ status: "in", user: { id, username } });

const signedOut: Revoked = { kind: "revoked", code: "UNAUTHENTICATED", message: "Nobody is signed in." };

/** patiently does what may be done twice until it is answered, or so many times have failed. */
export async function patiently<Result>(wait: Wait, work: () => Promise<Result>, most = Infinity): Promise<Result> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const problem = problemOf(error);
      if (!passes(problem) || tries >= most) throw error;
      await wait(tries, problem.kind === "refused" ? problem.retryAfterMs : undefined);
    }
  }
}
