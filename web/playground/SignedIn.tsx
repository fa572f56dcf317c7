import { useEffect, useState, useSyncExternalStore } from "react";
import { forget, session } from "./session";

/** SignedIn says whose token the next run carries, and how to get rid of it; and where else to look. */
export function SignedIn() {
  const state = useSyncExternalStore(session.state.subscribe, session.state.get);
  return (
    <div className="parley-session">
      {state.status === "in" ? (
        <>
          <span>
            Signed in as {state.user.username}. Runs carry the token until you log out or close this tab; one in Headers wins.
          </span>
          <button type="button" className="graphiql-un-styled" onClick={forget}>
            Forget it
          </button>
        </>
      ) : (
        <span>
          {state.problem && `Your session has ended (${state.problem.reason ?? state.problem.code}). `}
          No sign-in is kept. Run Register or Login, and what you run next carries its token.
        </span>
      )}
      <Links />
    </div>
  );
}

// In tabs of their own, so that a stream here goes on. The chat is where the server serves it: else the page at / is this one.
function Links() {
  const [hasChat, setHasChat] = useState(false);
  useEffect(() => {
    fetch("./", { method: "HEAD", redirect: "manual" }).then(({ ok }) => setHasChat(ok), () => {});
  }, []);
  return (
    <nav>
      {hasChat && <a href="./" target="_blank" rel="noopener">Web chat</a>}
      <a href="./schema.graphqls" target="_blank" rel="noopener">Schema as text</a>
    </nav>
  );
}
