import { useEffect, useRef, useState } from "react";
import { describe } from "../api/messages";
import { Problem } from "../ui/Problem";
import { Skeleton } from "../ui/Skeleton";
import { useStore } from "../api/store";
import { addressOf } from "../chat/naming";
import { useServices } from "../ui/services";
import { RoomLink } from "./RoomLink";
import { useMay } from "./useMay";
import { useRooms } from "./useRooms";

const step = 50;

/** RoomList is the rooms whose name contains a text, by their latest chat. */
export function RoomList({ matching, current }: { matching: string; current: string | undefined }) {
  const [first, setFirst] = useState(step);
  const { rooms, more, failure } = useRooms(matching, first, current);
  const { kept, unread } = useServices();
  const may = useMay();
  const begun = useStore(kept.begun);
  useStore(unread.changes);
  const list = useRef<HTMLElement>(null);
  const shown = rooms?.find((room) => addressOf(room) === current)?.id;
  useEffect(() => {
    if (shown) list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [shown]);
  if (!rooms && failure) return <Problem>{describe(failure)}</Problem>;
  if (!rooms) return <Skeleton lines={6} label="The rooms are loading" />;
  if (rooms.length === 0) {
    const none = may("CREATE_ROOMS") ? "You are in no room yet. Browse the public ones, or make one." : "You are in no room yet. Browse the public ones.";
    return <p className="sidebar-note">{matching ? "No room has this in its name." : none}</p>;
  }
  return (
    <nav ref={list} className="rooms" aria-label="Rooms">
      <ul>
        {rooms.map((room) => (
          <li key={room.id}>
            <RoomLink room={room} current={addressOf(room) === current} begun={begun.has(room.id)} {...unread.of(room.id)} />
          </li>
        ))}
      </ul>
      {more && first < 200 && (
        <button className="text-button" type="button" onClick={() => setFirst(first + step)}>
          More rooms
        </button>
      )}
      {more && first >= 200 && <p className="sidebar-note">There are more. Find them by name.</p>}
    </nav>
  );
}
