import { useEffect, useState, useSyncExternalStore } from "react";
import { query } from "./fetcher";
import { forget, kept, tokens, watch } from "./session";

/** SignedIn says whose token the next run carries, and how to get rid of it. */
export function SignedIn() {
  const text = useSyncExternalStore(watch, tokens);
  const name = useName(kept(text)?.accessToken);
  if (text === null) {
    return (
      <p className="parley-session">
        No sign-in is kept. Run Register or Login, and what you run next carries its token.
      </p>
    );
  }
  return (
    <p className="parley-session">
      <span>
        Signed in{name && ` as ${name}`}. Runs carry the token until you log out or close this tab; one in Headers wins.
      </span>
      <button type="button" className="graphiql-un-styled" onClick={forget}>
        Forget it
      </button>
    </p>
  );
}

// The name of the person an access token belongs to, once the server has said it.
function useName(token: string | undefined) {
  const [known, setKnown] = useState<{ token: string; name: string }>();
  useEffect(() => {
    let current = true;
    const learnName = async (of: string) => {
      const { data } = await query<{ me: { username: string } | null }>("{ me { username } }", of);
      if (current && data?.me) setKnown({ token: of, name: data.me.username });
    };
    if (token !== undefined) learnName(token).catch(() => undefined); // the line does without a name
    return () => {
      current = false;
    };
  }, [token]);
  return known?.token === token ? known?.name : undefined;
}
