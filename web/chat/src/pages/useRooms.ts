import { useCallback, useEffect, useState } from "react";
import { useQuery } from "urql";
import { failureOf, type Failure } from "../api/failure";
import { keep } from "../api/keep";
import { useStore } from "../api/store";
import { ActivityDocument, OpenRoomDocument, RoomsDocument, type LastChatFragment, type RoomRowFragment } from "../gql/graphql";
import { useServices } from "../ui/services";

const patience = 30_000; // ms after which the list is asked for again: of new rooms nobody tells

type Rooms = { rooms: readonly RoomRowFragment[] | undefined; more: boolean; failure: Failure | undefined };

/**
 * useRooms is the list of rooms, the most recently active first, kept as it is now. The room that is open is
 * one of them, however long ago somebody wrote there, unless others are looked for.
 */
export function useRooms(matching: string, first: number, current: string | undefined): Rooms {
  const { client, connection } = useServices();
  const [{ data: fresh, error }, ask] = useQuery({
    query: RoomsDocument,
    variables: { matching: matching || null, first },
    requestPolicy: "cache-and-network",
  });
  // A list that cannot be asked for anew stays as it was.
  const [data, setData] = useState(fresh);
  if (fresh && fresh !== data) setData(fresh);
  const again = useCallback(() => ask({ requestPolicy: "network-only" }), [ask]);
  const times = useStore(connection.times);

  useEffect(() => {
    const look = () => document.visibilityState === "visible" && again();
    const timer = setInterval(look, patience);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [again]);

  // The latest chat of each room that was heard of. A list that was asked for before may come after it.
  const [heard, setHeard] = useState<ReadonlyMap<string, LastChatFragment>>(new Map());
  const open = useOpenRoom(data?.rooms?.nodes, matching ? undefined : current);
  const rooms = data?.rooms?.nodes
    .concat(open ?? [])
    .map((room) => {
      const chat = heard.get(room.id);
      return chat ? { ...room, lastChat: later(room.lastChat, chat) } : room;
    })
    .toSorted((a, b) => (latest(a) < latest(b) ? 1 : -1));
  const ids = rooms?.map(({ id }) => id).toSorted().join();
  useEffect(() => {
    if (!ids) return undefined;
    return keep(() => client.subscription(ActivityDocument, { rooms: ids.split(",") }), {
      next: ({ events: { kind, room, chat } }) => {
        if (kind === "CAUGHT_UP") again(); // what happened before this was not heard
        if (!room || !chat) return;
        setHeard((before) => {
          const known = before.get(room.id);
          const last = later(known, chat);
          return last === known ? before : new Map(before).set(room.id, last);
        });
      },
      ended: ({ code }) => {
        if (code === "NOT_FOUND") again(); // one of them is gone
        return false;
      },
    });
  }, [client, ids, again]);
  useEffect(() => {
    if (times > 1 && !ids) again(); // nothing is heard of rooms that are not known
  }, [times, ids, again]);

  return {
    rooms,
    more: data?.rooms?.pageInfo.hasNextPage ?? false,
    failure: error && failureOf(error),
  };
}

// The room that is open, if a list has not got it.
function useOpenRoom(listed: readonly RoomRowFragment[] | undefined, name: string | undefined): RoomRowFragment | undefined {
  const missing = name !== undefined && listed !== undefined && listed.every((room) => room.name !== name);
  const [{ data, operation }] = useQuery({
    query: OpenRoomDocument,
    variables: { room: name ?? "" },
    requestPolicy: "network-only", // of a room that was deleted the cache may still have something
    pause: !missing,
  });
  const room = missing && operation?.variables.room === name ? data?.room : undefined;
  return room && listed?.every(({ id }) => id !== room.id) ? room : undefined; // it may be listed in another spelling
}

// Of the same chat what was heard counts.
const later = <Known extends LastChatFragment | null | undefined>(known: Known, chat: LastChatFragment) =>
  known && known.number > chat.number ? known : chat;

const latest = (room: RoomRowFragment) => room.lastChat?.createdAt ?? room.createdAt;
