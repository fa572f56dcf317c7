import { useEffect, useState } from "react";
import { useMutation } from "urql";
import { failureOf, type Failure } from "../api/failure";
import { describe } from "../api/messages";
import { addressOf } from "../chat/naming";
import { AcceptInviteDocument } from "../gql/graphql";
import { Empty } from "../ui/Empty";
import { Problem } from "../ui/Problem";
import { go, invited, paths } from "../ui/router";

/** Join is what a link of an invite opens. The code lies behind the #, which no server is told. */
export function Join() {
  const [{ fetching, error }, accept] = useMutation(AcceptInviteDocument);
  const [code, setCode] = useState(invited);
  useEffect(() => {
    const look = () => setCode(invited());
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);

  const join = async () => {
    if (fetching) return;
    const { data } = await accept({ code });
    if (data?.acceptInvite) go(paths.room(addressOf(data.acceptInvite.room)), "replace");
  };
  return (
    <Empty title="You are invited">
      <p>The link lets you into a room. Those who are in it see that you have joined.</p>
      {error && <Problem>{why(failureOf(error))}</Problem>}
      <button className="button primary" type="button" aria-disabled={fetching} onClick={() => void join()}>
        Join the room
      </button>
    </Empty>
  );
}

const why = (failure: Failure) =>
  failure.code === "NOT_FOUND" ? "This invite has ended, is one to make an account with, or the link is not whole. Ask for another." : describe(failure);
