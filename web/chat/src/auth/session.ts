import { Session } from "../../../client/src/session.ts";
import { fail, failing, type Failure } from "../api/failure";
import { Services } from "../api/services";
import { Store } from "../api/store";
import { forget } from "../chat/kept";

/**
 * What outlives a reload is in localStorage, so that a closed tab or a restarted browser stays signed in, and all tabs are one session.
 * A script that got into this page could read it; that none does is what the page's policy is for (no inline script, nothing from
 * elsewhere, text is only ever text). A cookie that scripts cannot read would need a second way to sign in, and defences against
 * forged requests. A stolen token that is used is noticed: both holders are then signed out.
 */
const session = new Session({ url: `${location.origin}/graphql` });

/** SignedIn is who is signed in, with all that runs for them; or nobody, and why they were signed out. */
export type SignedIn = { services: Services } | { services: undefined; because?: Failure | undefined };

export const signedIn = new Store<SignedIn>({ services: undefined });

/** resume takes up what this browser has stored, and follows what happens to it, in other tabs too. */
export function resume(): void {
  const changed = () => {
    const now = session.state.get();
    signedIn.get().services?.stop();
    if (now.status === "in") signedIn.set({ services: new Services(now.user, session) });
    else signedIn.set({ services: undefined, because: now.problem && failing(now.problem) });
  };
  session.state.subscribe(changed);
  changed();
}

/** Credentials are what a person types to sign in. */
export type Credentials = { username: string; password: string };

/** register makes an account and signs in, with the code of an invite where the server wants one. It throws a Failure. */
export const register = ({ username, password, invite }: Credentials & { invite?: string }) => session.register(username, password, invite).catch(fail);

/** signIn throws a Failure. */
export const signIn = ({ username, password }: Credentials) => session.login(username, password).catch(fail);

/** signOut ends this session, on the server too if it can be reached. What was written and not sent is gone with it. */
export async function signOut(): Promise<void> {
  const told = session.signOut();
  forget();
  await told.catch(() => undefined);
}
