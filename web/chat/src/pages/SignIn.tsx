import { useId, useState, type FormEvent } from "react";
import type { Failure } from "../api/failure";
import { describe } from "../api/messages";
import { register, signIn } from "../auth/session";
import { Mark } from "../ui/Mark";
import { Problem } from "../ui/Problem";

const modes = {
  in: { title: "Sign in", act: signIn, other: "up", ask: "No account yet?", answer: "Create one" },
  up: { title: "Create an account", act: register, other: "in", ask: "You have an account?", answer: "Sign in" },
} as const;

/** SignIn is the first page: a name and a password. `because` says why somebody was signed out. */
export function SignIn({ because }: { because: Failure | undefined }) {
  const [mode, setMode] = useState<keyof typeof modes>("in");
  const [failure, setFailure] = useState<unknown>(because);
  const [busy, setBusy] = useState(false);
  const help = useId();
  const { title, act, other, ask, answer } = modes[mode];

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const typed = new FormData(event.currentTarget);
    setBusy(true);
    setFailure(undefined);
    try {
      await act({ username: String(typed.get("username")), password: String(typed.get("password")) });
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
        <p className="switch">
          {ask}{" "}
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
        <p className="hint">You stay signed in on this device until you sign out.</p>
      </form>
    </main>
  );
}
