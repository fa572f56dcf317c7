import { useId, useRef, useState, type FormEvent } from "react";
import { Failure } from "../api/failure";
import { describe } from "../api/messages";
import { register, signIn, type Credentials } from "../auth/session";
import { Mark } from "../ui/Mark";
import { Problem } from "../ui/Problem";
import { go, invited, paths } from "../ui/router";
import { useRegistration } from "./useRegistration";

const modes = {
  in: { title: "Sign in", other: "up", ask: "No account yet?", answer: "Create one" },
  up: { title: "Create an account", other: "in", ask: "You have an account?", answer: "Sign in" },
} as const;

/** lost says whether an account may have been made although no answer says so. */
const lost = (error: unknown) => error instanceof Failure && ["NETWORK", "UNKNOWN_OUTCOME", "TIMEOUT"].includes(error.code);

/** isMade says whether an account that may have been made would now be refused: its name is taken, or its invite is used. */
const isMade = (error: unknown) => error instanceof Failure && (error.code === "USERNAME_TAKEN" || error.reason === "REGISTRATION_CLOSED");

/** SignIn is the first page: a name and a password. `because` says why somebody was signed out. */
export function SignIn({ because }: { because: Failure | undefined }) {
  const [registration, ask] = useRegistration();
  const [chosen, setMode] = useState<keyof typeof modes>("in");
  const [failure, setFailure] = useState<unknown>(because);
  const [busy, setBusy] = useState(false);
  const unanswered = useRef("");
  const help = useId();
  const mode = registration === "CLOSED" ? "in" : chosen;
  const { title, other, ask: question, answer } = modes[mode];

  // What a code is for is for the server to say: where everybody may register it lets into a room, and is kept for that.
  const create = async (credentials: Credentials, invite: string) => {
    const wanted = registration ?? (await ask());
    try {
      await register(wanted === "INVITE" ? { ...credentials, invite } : credentials);
    } catch (error) {
      if (isMade(error) && unanswered.current === credentials.username) return signIn(credentials); // the answer was lost, and not the account
      unanswered.current = lost(error) ? credentials.username : "";
      throw error;
    }
    if (wanted === "INVITE" && invite === invited()) go(paths.home, "replace"); // it is used
  };

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const typed = new FormData(event.currentTarget);
    const text = (name: string) => String(typed.get(name) ?? "");
    const credentials = { username: text("username"), password: text("password") };
    setBusy(true);
    setFailure(undefined);
    try {
      await (mode === "in" ? signIn(credentials) : create(credentials, text("invite").trim()));
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <form className="card" onSubmit={submit}>
        <div className="brand">
          <Mark />
          Parley
        </div>
        <h1>{title}</h1>
        {mode === "up" && registration === "INVITE" && (
          <label>
            Invite
            <input name="invite" defaultValue={invited()} autoComplete="off" autoCapitalize="characters" spellCheck={false} required />
          </label>
        )}
        <label>
          Username
          <input name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required autoFocus />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autoComplete={mode === "in" ? "current-password" : "new-password"}
            aria-describedby={help}
            required
          />
        </label>
        <p className="hint" id={help}>
          {mode === "in" ? "As you chose it, every letter counts." : "At least 8 characters. Longer is better."}
        </p>
        {failure !== undefined && <Problem>{describe(failure)}</Problem>}
        <button className="button primary" type="submit" aria-disabled={busy}>
          {busy ? "One moment…" : title}
        </button>
        {registration === "CLOSED" ? (
          <p className="switch">No account yet? Whoever runs this server makes one for you.</p>
        ) : (
          <p className="switch">
            {question}{" "}
            <button
              className="text-button"
              type="button"
              onClick={() => {
                setMode(other);
                setFailure(undefined);
              }}
            >
              {answer}
            </button>
          </p>
        )}
        <p className="hint">You stay signed in on this device until you sign out.</p>
      </form>
    </main>
  );
}
