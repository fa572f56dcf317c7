import { describe } from "../api/messages";
import type { History, View } from "../chat/history";
import { Empty } from "../ui/Empty";
import { Skeleton } from "../ui/Skeleton";
import { Room } from "./Room";
import { Unsent } from "./Unsent";

type Props = { history: History; view: View; onMake(): void };

/** RoomBody is the chats of a room, or why there are none. */
export function RoomBody({ history, view: { room, chats, failure }, onMake }: Props) {
  if (failure?.code === "NOT_FOUND") {
    return (
      <Empty title={room ? "This room was deleted" : "There is no such room"}>
        <p>{room ? "Its chats are gone with it." : "Nobody has made it yet, or it was deleted."}</p>
        {room && <Unsent room={room.id} />}
        <button className="button primary" type="button" onClick={onMake}>
          Make it
        </button>
      </Empty>
    );
  }
  if (room && chats) return <Room history={history} room={room} chats={chats} />;
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
