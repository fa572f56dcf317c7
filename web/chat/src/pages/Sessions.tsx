import { useState } from "react";
import { useMutation, useQuery, type CombinedError } from "urql";
import { failureOf } from "../api/failure";
import { describe } from "../api/messages";
import { EndOthersDocument, EndSessionDocument, SessionsDocument } from "../gql/graphql";
import { Problem } from "../ui/Problem";
import { Skeleton } from "../ui/Skeleton";
import { SessionRow, type Session } from "./SessionRow";
import { useSignOut } from "./SignOut";
import { StaySignedIn } from "./StaySignedIn";
import { Top } from "./Top";

/** Sessions is where one is signed in, and how to end that. */
export function Sessions() {
  const [{ data, error }, ask] = useQuery({ query: SessionsDocument, requestPolicy: "cache-and-network" });
  const [, endOne] = useMutation(EndSessionDocument);
  const [{ fetching }, endOthers] = useMutation(EndOthersDocument);
  const [problem, setProblem] = useState("");
  const [signOut, question] = useSignOut();
  const sessions = data?.sessions;

  const end = async ({ id, isCurrent }: Session) => {
    if (isCurrent) signOut();
    else done(await endOne({ session: id }));
  };
  const endAll = async () => {
    if (!fetching) done(await endOthers({}));
  };
  const done = ({ error: why }: { error?: CombinedError | undefined }) => {
    setProblem(why ? describe(failureOf(why)) : "");
    ask({ requestPolicy: "network-only" });
  };

  return (
    <>
      <Top title="Your sign-ins" />
      <div className="sheet">
        <p>Each is a browser or a program that can read and write in your name. End those you do not know.</p>
        {problem && <Problem>{problem}</Problem>}
        {!sessions && error && <Problem>{describe(failureOf(error))}</Problem>}
        {!sessions && !error && <Skeleton lines={3} label="Your sign-ins are loading" />}
        {sessions && (
          <ul className="sessions">
            {sessions.map((session) => (
              <li key={session.id}>
                <SessionRow session={session} onEnd={() => void end(session)} />
              </li>
            ))}
          </ul>
        )}
        {sessions && sessions.length > 1 && (
          <button className="button danger" type="button" aria-disabled={fetching} onClick={() => void endAll()}>
            End all others
          </button>
        )}
        <StaySignedIn />
        {question}
      </div>
    </>
  );
}
