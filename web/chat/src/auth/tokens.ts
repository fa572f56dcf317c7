import { Failure } from "../api/failure";
import { post, type Posted } from "../api/post";
import { uuid } from "../api/uuid";
import { backOff, wait } from "../api/wait";
import { RefreshDocument, type TokensFragment } from "../gql/graphql";
import { alone } from "./lock";
import { place, read, write, type Stored } from "./stored";

type Access = { token: string; goodUntil: number };

const otherTab = 10_000; // ms in which another tab stores what it has got

/** Tokens are the access token of this tab, in memory only, and its renewal. */
export class Tokens {
  #access: Access | undefined;
  #renewal: Promise<string> | undefined;
  readonly #ended: (failure: Failure) => void;

  /** ended is told when no renewal can help any more. */
  constructor(ended: (failure: Failure) => void) {
    this.#ended = ended;
  }

  /** current is the access token without asking whether it is good, or undefined. */
  get current(): string | undefined {
    return this.#access?.token;
  }

  /** fresh says whether the access token is worth sending. The server has the last word. */
  get fresh(): boolean {
    return this.#access !== undefined && Date.now() < this.#access.goodUntil;
  }

  /** drop forgets a token that the server did not take. */
  drop(token: string | undefined): void {
    if (this.#access?.token === token) this.#access = undefined;
  }

  /** take keeps a new pair. `at` is the server's clock: only how long the token lives is used of it. */
  take({ data, at }: Posted<TokensFragment>): void {
    const lifetime = Date.parse(data.accessTokenExpiresAt) - (Number.isNaN(at) ? Date.now() : at);
    const margin = Math.min(30_000, lifetime / 10);
    this.#access = { token: data.accessToken, goodUntil: Date.now() + lifetime - margin };
    const { id, username } = data.user;
    const refreshToken = data.refreshToken ?? "";
    if (read()?.refreshToken !== refreshToken) write({ id, username, refreshToken, attempt: uuid() });
  }

  /** get is a good access token. It throws a Failure when there is none to be had now. */
  get(): Promise<string> {
    if (this.#access && this.fresh) return Promise.resolve(this.#access.token);
    // One renewal for all who ask at once.
    this.#renewal ??= alone("parley.refresh", () => this.#renew()).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  /** patient is get, tried until it succeeds. When the session has ended it never does. */
  async patient(): Promise<string> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.get();
      } catch (error) {
        if (!(error instanceof Failure) || over(error)) return new Promise(() => {});
        await wait(error.retryAfterMs ?? backOff(tries));
      }
    }
  }

  async #renew(): Promise<string> {
    const stored = read();
    if (!stored) throw this.#end(new Failure("signed out", { code: "UNAUTHENTICATED" }));
    // Older pages stored a token without its key.
    const attempt = stored.attempt ?? uuid();
    if (!stored.attempt) write({ ...stored, attempt });
    try {
      const { data, at } = await post(RefreshDocument, { token: stored.refreshToken, key: attempt });
      if (!data.refreshToken) throw new Failure("no tokens");
      if (read()?.refreshToken !== stored.refreshToken) return this.#renew(); // signed out or in meanwhile
      this.take({ data: data.refreshToken, at });
      return data.refreshToken.accessToken;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.code === "REFRESH_TOKEN_ROTATED" && (await replaced(stored))) return this.#renew();
      throw over(error) && read()?.refreshToken === stored.refreshToken ? this.#end(error) : error;
    }
  }

  #end(failure: Failure): Failure {
    this.drop(this.current);
    this.#ended(failure);
    return failure;
  }
}

/** over says whether a failure means that the session is no more. */
export const over = ({ code }: Failure): boolean =>
  code === "UNAUTHENTICATED" || code === "SESSION_REVOKED" || code === "REFRESH_TOKEN_ROTATED";

// replaced waits until another tab has stored another refresh token.
function replaced(old: Stored): Promise<boolean> {
  const changed = () => read()?.refreshToken !== old.refreshToken;
  if (changed()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const look = (event: StorageEvent) => (event.key === place && changed() ? done(true) : undefined);
    const timer = setTimeout(() => done(changed()), otherTab);
    const done = (answer: boolean) => {
      clearTimeout(timer);
      removeEventListener("storage", look);
      resolve(answer);
    };
    addEventListener("storage", look);
  });
}
