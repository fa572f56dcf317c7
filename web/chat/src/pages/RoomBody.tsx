import { describe } from "../api/messages";
import type { History, View } from "../chat/history";
import { Empty } from "../ui/Empty";
import { Skeleton } from "../ui/Skeleton";
import { Room } from "./Room";
import { Unsent } from "./Unsent";
import { useMay } from "./useMay";

type Props = { history: History; view: View; onMake(): void };

/** RoomBody is the chats of a room, or why there are none. */
export function RoomBody({ history, view: { room, chats, failure, gone }, onMake }: Props) {
  const may = useMay();
  const refused = failure?.code === "FORBIDDEN";
  if (refused || (gone && failure?.code === "NOT_FOUND")) {
    return (
      <Empty title={gone === "removed" ? "You were removed from this room" : gone ? "You have left this room" : "This room is not for you"}>
        <p>{refused && failure.reason ? describe(failure) : "Only those who are in it can read it."}</p>
        {room && <Unsent room={room.id} />}
      </Empty>
    );
  }
  if (failure?.code === "NOT_FOUND") {
    return (
      <Empty title={room ? "This room was deleted" : "There is no such room"}>
        <p>{room ? "Its chats are gone with it." : "Nobody has made it yet, it was deleted, or you are not in it."}</p>
        {room && <Unsent room={room.id} />}
        {(!room || room.kind === "PUBLIC") && may("CREATE_ROOMS") && (
          <button className="button primary" type="button" onClick={onMake}>
            Make it
          </button>
        )}
      </Empty>
    );
  }
  if (room && chats) return <Room history={history} room={room} chats={chats} gone={gone} />;
  if (failure) {
    return (
      <Empty title="The room does not load">
        <p>{describe(failure)}</p>
        <button className="button primary" type="button" onClick={history.start}>
          Try again
        </button>
      </Empty>
    );
  }
  return (
    <div className="room-loading">
      <Skeleton lines={7} label="The chats are loading" />
    </div>
  );
}
