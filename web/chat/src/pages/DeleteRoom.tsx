import { useMutation } from "urql";
import { failureOf } from "../api/failure";
import type { Room } from "../chat/pages";
import { DeleteRoomDocument } from "../gql/graphql";
import { Confirm } from "../ui/Confirm";
import { go, paths } from "../ui/router";

/** DeleteRoom asks whether the room may go. */
export function DeleteRoom({ room, onClose }: { room: Room; onClose(): void }) {
  const [, remove] = useMutation(DeleteRoomDocument);
  const act = async () => {
    const { error } = await remove({ room: room.id });
    if (!error) go(paths.home, "replace");
    return error && failureOf(error);
  };
  return (
    <Confirm title="Delete this room?" action="Delete the room" act={act} onClose={onClose}>
      <p>
        <bdi>{room.name}</bdi> goes with all its chats, for everybody, and cannot be brought back.
      </p>
    </Confirm>
  );
}
