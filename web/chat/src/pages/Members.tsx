import { useEffect, useRef, useState } from "react";
import { useMutation, useQuery, type CombinedError } from "urql";
import { failureOf } from "../api/failure";
import { describe } from "../api/messages";
import { useStore } from "../api/store";
import type { History } from "../chat/history";
import type { Room } from "../chat/pages";
import { LeaveRoomDocument, MembersDocument } from "../gql/graphql";
import { Dialog } from "../ui/Dialog";
import { Problem } from "../ui/Problem";
import { go, paths } from "../ui/router";
import { Skeleton } from "../ui/Skeleton";
import { AddMember } from "./AddMember";
import { Invites } from "./Invites";
import { MemberRow } from "./MemberRow";

type Props = { history: History; room: Room; onClose(): void };

/** Members is who is in a room, and what one may do about that. */
export function Members({ history, room, onClose }: Props) {
  const [{ data, error }, ask] = useQuery({ query: MembersDocument, variables: { room: room.id }, requestPolicy: "cache-and-network" });
  const [, leave] = useMutation(LeaveRoomDocument);
  const [problem, setProblem] = useState("");
  const may = new Set(room.allowedActions);
  const changes = useStore(history.members);
  const shown = useRef(changes);
  useEffect(() => {
    if (shown.current !== changes) ask({ requestPolicy: "network-only" });
    shown.current = changes;
  }, [changes, ask]);

  const done = ({ error: why }: { error?: CombinedError | undefined }) => {
    setProblem(why ? describe(failureOf(why)) : "");
    ask({ requestPolicy: "network-only" });
    return !why;
  };
  const goAway = async () => {
    const { error: why } = await leave({ room: room.id });
    if (why) return setProblem(describe(failureOf(why)));
    onClose();
    go(paths.home, "replace");
  };

  const members = data?.room?.members;
  return (
    <Dialog title="Members" onClose={onClose}>
      {!members && error && <Problem>{describe(failureOf(error))}</Problem>}
      {!members && !error && <Skeleton lines={3} label="The members are loading" />}
      {members && (
        <ul className="members" aria-label="Members">
          {members.nodes.map((member) => (
            <li key={member.id}>
              <MemberRow room={room} member={member} may={may} done={done} onClose={onClose} />
            </li>
          ))}
        </ul>
      )}
      {members?.pageInfo.hasNextPage && <p className="hint">And others: {room.memberCount} are in the room.</p>}
      {problem && <Problem>{problem}</Problem>}
      {may.has("MANAGE_MEMBERS") && <AddMember room={room} done={done} />}
      {data?.room?.invites && <Invites room={room} invites={data.room.invites} done={done} />}
      {!may.has("LEAVE") && !may.has("JOIN") && may.has("SET_ROLES") && (
        <p className="hint">You are the last owner. To leave, make somebody else an owner first.</p>
      )}
      <div className="choices">
        {may.has("LEAVE") && (
          <button className="button danger" type="button" onClick={() => void goAway()}>
            Leave the room
          </button>
        )}
        <button className="button" type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
