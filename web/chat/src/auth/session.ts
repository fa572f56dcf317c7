import type { Failure } from "../api/failure";
import { post, type Posted } from "../api/post";
import { Services } from "../api/services";
import { Store } from "../api/store";
import { forget } from "../chat/kept";
import { LoginDocument, LogoutDocument, RegisterDocument, type TokensFragment } from "../gql/graphql";
import { clear, place, read } from "./stored";
import { Tokens } from "./tokens";

/** Session is who is signed in, with all that runs for them; or nobody, and why they were signed out. */
export type Session = { services: Services } | { services: undefined; because?: Failure };

export const session = new Store<Session>({ services: undefined });

const tokens = new Tokens((because) => end({ because }));

function begin(user: { id: string; username: string }): void {
  session.get().services?.stop();
  session.set({ services: new Services(user, tokens) });
}

function end(how: { because?: Failure } = {}): void {
  session.get().services?.stop();
  clear();
  session.set({ services: undefined, ...how });
}

/** resume takes up what this browser has stored, and follows what other tabs do to it. */
export function resume(): void {
  const stored = read();
  if (stored) begin(stored);
  addEventListener("storage", (event) => {
    if (event.key !== place && event.key !== null) return;
    const now = read();
    const here = session.get().services?.me.id;
    if (now?.id === here) return;
    tokens.drop(tokens.current);
    if (now) begin(now);
    else end();
  });
}

const enter = (answer: Posted<TokensFragment | null>) => {
  if (!answer.data) throw new Error("no tokens without an error");
  tokens.take({ data: answer.data, at: answer.at });
  begin(answer.data.user);
};

/** Credentials are what a person types to sign in. */
export type Credentials = { username: string; password: string };

/** register makes an account and signs in, with the code of an invite where the server wants one. It throws a Failure. */
export async function register(typed: Credentials & { invite?: string }): Promise<void> {
  const { data, at } = await post(RegisterDocument, typed);
  enter({ data: data.register, at });
}

/** signIn throws a Failure. */
export async function signIn(typed: Credentials): Promise<void> {
  const { data, at } = await post(LoginDocument, typed);
  enter({ data: data.login, at });
}

/** signOut ends this session, on the server too if it can be reached. What was written and not sent is gone with it. */
export async function signOut(): Promise<void> {
  const stored = read();
  tokens.drop(tokens.current);
  end();
  forget();
  if (stored) await post(LogoutDocument, { refreshToken: stored.refreshToken }).catch(() => undefined);
}
