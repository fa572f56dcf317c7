import { useState } from "react";
import { useMutation } from "urql";
import { failureOf } from "../api/failure";
import { describe } from "../api/messages";
import { JoinRoomDocument, type RoomAction } from "../gql/graphql";
import { Dialog } from "../ui/Dialog";
import { Problem } from "../ui/Problem";

type Props = { room: { id: string; name: string; allowedActions: readonly RoomAction[] }; onJoined?: () => void };

/** JoinRoom makes one a member, where that is possible. */
export function JoinRoom({ room, onJoined }: Props) {
  const [{ fetching }, join] = useMutation(JoinRoomDocument);
  const [problem, setProblem] = useState("");
  if (!room.allowedActions.includes("JOIN")) return null;
  const act = async () => {
    if (fetching) return;
    const { error } = await join({ room: room.id });
    if (error) setProblem(describe(failureOf(error)));
    else onJoined?.();
  };
  return (
    <>
      <button className="button" type="button" aria-disabled={fetching} aria-label={`Join ${room.name}`} onClick={() => void act()}>
        Join
      </button>
      {problem && (
        <Dialog title="You cannot join" onClose={() => setProblem("")}>
          <Problem>{problem}</Problem>
        </Dialog>
      )}
    </>
  );
}
