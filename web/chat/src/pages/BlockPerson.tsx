import { useState } from "react";
import { useMutation, useQuery } from "urql";
import { failureOf } from "../api/failure";
import { describe } from "../api/messages";
import { BlockedUsersDocument, BlockUserDocument } from "../gql/graphql";
import { Problem } from "../ui/Problem";

type Props = { username: string; onChanged(): void };

/** BlockPerson keeps somebody away from oneself, or ends that. */
export function BlockPerson({ username, onChanged }: Props) {
  const [{ data, error }] = useQuery({ query: BlockedUsersDocument, requestPolicy: "cache-and-network" });
  const [{ fetching }, block] = useMutation(BlockUserDocument);
  const [problem, setProblem] = useState("");
  if (!data?.blockedUsers) return error ? <Problem>{describe(failureOf(error))}</Problem> : null;
  const blocked = data.blockedUsers.some((user) => user.username === username);
  const act = async () => {
    if (fetching) return;
    const { error: why } = await block({ user: username, on: !blocked });
    setProblem(why ? describe(failureOf(why)) : "");
    if (!why) onChanged();
  };
  return (
    <div className="block">
      <p className="hint">
        {blocked
          ? "You have blocked them: they cannot write to you alone, mention you or add you to rooms. In rooms you still see each other."
          : "Who is blocked cannot write to you alone, mention you or add you to rooms. They are not told."}
      </p>
      {problem && <Problem>{problem}</Problem>}
      <button className={blocked ? "button" : "button danger"} type="button" aria-disabled={fetching} onClick={() => void act()}>
        {blocked ? "Unblock" : "Block"}
      </button>
    </div>
  );
}
