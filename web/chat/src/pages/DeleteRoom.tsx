import { useMutation } from "urql";
import { failureOf } from "../api/failure";
import type { Room } from "../chat/pages";
import { DeleteRoomDocument } from "../gql/graphql";
import { Confirm } from "../ui/Confirm";
import { go, paths } from "../ui/router";
import { useServices } from "../ui/services";

/**
 * DeleteRoom asks whether the room may go. It is for who made the room here: others would be asked and then
 * refused. The server has the last word, and what it refused is not offered again.
 */
export function DeleteRoom({ room, onClose }: { room: Room; onClose(): void }) {
  const { kept } = useServices();
  const [, remove] = useMutation(DeleteRoomDocument);
  const act = async () => {
    const { error } = await remove({ room: room.id });
    const failure = error && failureOf(error);
    if (!failure || failure.code === "FORBIDDEN") kept.make(room.id, false);
    if (!failure) go(paths.home, "replace");
    return failure;
  };
  return (
    <Confirm title="Delete this room?" action="Delete the room" act={act} onClose={onClose}>
      <p>
        <bdi>{room.name}</bdi> goes with all its chats, for everybody, and cannot be brought back.
      </p>
    </Confirm>
  );
}
