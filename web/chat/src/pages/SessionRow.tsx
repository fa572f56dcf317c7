import type { SessionsQuery } from "../gql/graphql";
import { program } from "../ui/program";
import { when } from "../ui/time";

/** Session is a sign-in as the list has it. */
export type Session = NonNullable<SessionsQuery["sessions"]>[number];

/** SessionRow is one sign-in. */
export function SessionRow({ session, onEnd }: { session: Session; onEnd(): void }) {
  const { userAgent, ipAddress, createdAt, lastUsedAt, isCurrent } = session;
  const name = program(userAgent);
  return (
    <div className="session">
      <div>
        <h2 title={userAgent ?? undefined}>
          <bdi>{name}</bdi>
          {isCurrent && <span className="tag">this one</span>}
        </h2>
        <p>
          Last used <time dateTime={lastUsedAt}>{when(lastUsedAt)}</time>
          {ipAddress && <> from {ipAddress}</>}
        </p>
        <p>
          Signed in <time dateTime={createdAt}>{when(createdAt)}</time>
        </p>
      </div>
      <button className="button" type="button" onClick={onEnd} aria-label={isCurrent ? "Sign out here" : `End this one: ${name}`}>
        {isCurrent ? "Sign out" : "End this one"}
      </button>
    </div>
  );
}
