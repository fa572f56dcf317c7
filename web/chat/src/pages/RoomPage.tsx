import { useEffect, useState } from "react";
import { titleOf } from "../chat/naming";
import { Icon } from "../ui/Icon";
import { Line } from "../ui/Line";
import type { Route } from "../ui/router";
import { useServices } from "../ui/services";
import { DeleteRoom } from "./DeleteRoom";
import { JoinRoom } from "./JoinRoom";
import { Members } from "./Members";
import { NewRoom } from "./NewRoom";
import { RoomBody } from "./RoomBody";
import { Top } from "./Top";
import { useHistory } from "./useHistory";
import { usePeople } from "./usePeople";

const over = new Set(["NOT_FOUND", "FORBIDDEN"]);

/** RoomPage is a room under its name, or its id. */
export function RoomPage({ route }: { route: Route & { page: "room" } }) {
  const { name } = route;
  const { me } = useServices();
  const [history, view] = useHistory(route);
  const [asking, setAsking] = useState<"delete" | "make" | "members">();
  const { room, failure } = view;
  const people = usePeople();
  const title = room ? titleOf(room, me.username, people) : name;
  const there = room && !over.has(failure?.code ?? "");

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
        {there && <JoinRoom room={room} onJoined={history.look} />}
        {there && (
          <button className="icon-button" type="button" aria-label="Members" onClick={() => setAsking("members")}>
            <Icon name="people" />
          </button>
        )}
        {there && room.allowedActions.includes("DELETE_ROOM") && (
          <button className="icon-button" type="button" aria-label="Delete this room" onClick={() => setAsking("delete")}>
            <Icon name="trash" />
          </button>
        )}
      </Top>
      <RoomBody history={history} view={view} onMake={() => setAsking("make")} />
      {asking === "delete" && there && <DeleteRoom room={room} onClose={() => setAsking(undefined)} />}
      {asking === "members" && there && <Members history={history} room={room} onClose={() => setAsking(undefined)} />}
      {asking === "make" && <NewRoom name={title} onClose={() => setAsking(undefined)} />}
    </>
  );
}
