// Who is signed in, and a good access token whenever one is asked for. Every recipe stands on this.

import { patiently, pause } from "./patience.mjs";
import { uuid } from "./chats.mjs";

/** Refused is an error that the server answered; `code` is one of the schema's ErrorCode. */
export class Refused extends Error {
  constructor({ message, extensions }) {
    super(message);
    Object.assign(this, extensions);
  }
}

/**
 * Session keeps the tokens of one person: the access token in memory, the refresh token in `storage`. When
 * the session turns out to have ended, `signedOut` gets the reason, once; not after signOut.
 */
export class Session {
  #access;
  #refreshing;
  #patient;
  #told; // whether signedOut was called, or need not be

  constructor(url, { storage = localStorage, wait = pause, signedOut = () => {} } = {}) {
    Object.assign(this, { url, storage, wait, signedOut });
    this.#patient = patiently(fetch, wait);
    this.#told = !this.signedIn;
  }

  async signIn(username, password) {
    const { login } = await this.#post(LOGIN, { username, password }, fetch);
    this.#keep(login);
  }

  async register(username, password) {
    const { register } = await this.#post(REGISTER, { username, password }, fetch);
    this.#keep(register);
  }

  /** loginWith signs in with a token of the app's own backend, or of its OpenID provider: see docs/embed.md. */
  async loginWith(token) {
    const { loginWith } = await this.#post(LOGIN_WITH, { token }, this.fetch);
    this.#keep(loginWith);
  }

  async signOut() {
    const kept = this.#kept();
    this.#told = true;
    this.#forget();
    if (kept) await this.#post(LOGOUT, { refreshToken: kept.refreshToken }, this.fetch);
  }

  get signedIn() {
    return this.#kept() !== null;
  }

  /** token returns an access token. All who ask while one is being fetched wait for the same one. */
  async token() {
    if (this.#access) return this.#access;
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  /** expire is for whoever was told TOKEN_EXPIRED, or lost a socket with 4403: the next token is another. */
  expire(token) {
    if (token === this.#access) this.#access = undefined;
  }

  // #region refresh
  async #refresh() {
    for (let n = 0; ; n++) {
      const kept = this.#kept(); // read again each time: another tab may have been faster
      if (!kept) throw this.#over(new Refused({ message: "signed out", extensions: { code: "UNAUTHENTICATED" } }));
      try {
        const { refreshToken } = await this.#post(REFRESH, kept, this.fetch);
        if (this.signedIn) return this.#keep(refreshToken);
      } catch (error) {
        if (!["UNAUTHENTICATED", "SESSION_REVOKED", "REFRESH_TOKEN_ROTATED"].includes(error.code)) throw error;
        if (error.code === "REFRESH_TOKEN_ROTATED") await this.wait(n); // the other tab is about to store its answer
        else if (this.#kept()?.key === kept.key) throw this.#over(error);
      }
    }
  }

  // A refresh token is good once. The key is made and stored with it, so that every attempt to exchange
  // it, after a lost answer, after a reload or in a second tab, is the same attempt with the same answer.
  #keep({ accessToken, refreshToken }) {
    this.#access = accessToken;
    this.#told = false;
    this.ended = undefined;
    if (this.#kept()?.refreshToken !== refreshToken) {
      this.storage.setItem("parley", JSON.stringify({ refreshToken, key: uuid() }));
    }
    return accessToken;
  }
  // #endregion

  /** fetch is for what may be sent twice. It sees when the server says that the session has ended. */
  fetch = async (url, init) => {
    const answer = await this.#patient(url, init);
    if ((await answer.clone().text()).includes('"code":"SESSION_REVOKED"')) this.check();
    return answer;
  };

  /** check is for whoever was told that the session has ended. Perhaps another tab has signed in since: a refresh shows. */
  check() {
    if (this.#refreshing) return;
    this.#access = undefined;
    this.token().catch(() => {}); // signedOut is told
  }

  #over(reason) {
    this.#forget();
    this.ended = reason;
    if (!this.#told) this.signedOut(reason);
    this.#told = true;
    return reason;
  }

  #kept() {
    return JSON.parse(this.storage.getItem("parley"));
  }

  #forget() {
    this.#access = undefined;
    this.storage.removeItem("parley");
  }

  async #post(query, variables, send) {
    const answer = await send(this.url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    return dataOf(await answer.json());
  }

  // #region ask
  /** ask runs a query or a mutation, and once more with a new token when the old one has run out. */
  async ask(query, variables) {
    for (;;) {
      const token = await this.token();
      const answer = await this.fetch(this.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
      });
      const result = await answer.json();
      if (result.errors?.[0].extensions.code !== "TOKEN_EXPIRED") return dataOf(result);
      this.expire(token);
    }
  }
  // #endregion
}

function dataOf({ data, errors }) {
  if (errors) throw new Refused(errors[0]);
  return data;
}

const PAIR = "{ accessToken refreshToken }";
const LOGIN = `mutation ($username: String!, $password: String!) { login(username: $username, password: $password) ${PAIR} }`;
const REGISTER = `mutation ($username: String!, $password: String!) { register(username: $username, password: $password) ${PAIR} }`;
const LOGIN_WITH = `mutation ($token: String!) { loginWith(token: $token) ${PAIR} }`;
const REFRESH = `mutation ($refreshToken: String!, $key: String!) { refreshToken(token: $refreshToken, idempotencyKey: $key) ${PAIR} }`;
const LOGOUT = `mutation ($refreshToken: String!) { logout(refreshToken: $refreshToken) }`;
