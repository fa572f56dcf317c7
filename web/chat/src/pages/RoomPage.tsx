import { useEffect, useState } from "react";
import { useStore } from "../api/store";
import { Icon } from "../ui/Icon";
import { Line } from "../ui/Line";
import { useServices } from "../ui/services";
import { DeleteRoom } from "./DeleteRoom";
import { NewRoom } from "./NewRoom";
import { RoomBody } from "./RoomBody";
import { Top } from "./Top";
import { useHistory } from "./useHistory";

/** RoomPage is a room under its name. */
export function RoomPage({ name }: { name: string }) {
  const [history, view] = useHistory(name);
  const [asking, setAsking] = useState<"delete" | "make">();
  const { room, failure } = view;
  const made = useStore(useServices().kept.made);
  const title = room?.name ?? name;

  useEffect(() => {
    document.title = `${title} · Parley`;
    return () => {
      document.title = "Parley";
    };
  }, [title]);

  return (
    <>
      <Top title={title} topic={room?.topic}>
        <Line />
        {room && made.has(room.id) && failure?.code !== "NOT_FOUND" && (
          <button className="icon-button" type="button" aria-label="Delete this room" onClick={() => setAsking("delete")}>
            <Icon name="trash" />
          </button>
        )}
      </Top>
      <RoomBody history={history} view={view} onMake={() => setAsking("make")} />
      {asking === "delete" && room && <DeleteRoom room={room} onClose={() => setAsking(undefined)} />}
      {asking === "make" && <NewRoom name={title} onClose={() => setAsking(undefined)} />}
    </>
  );
}
