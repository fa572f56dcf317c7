import { useCallback, useEffect, useState } from "react";
import { useQuery } from "urql";
import { failureOf, type Failure } from "../api/failure";
import { keep } from "../api/keep";
import { useStore } from "../api/store";
import { ActivityDocument, RoomsDocument, type LastChatFragment, type RoomRowFragment } from "../gql/graphql";
import { useServices } from "../ui/services";

const patience = 30_000; // ms after which the list is asked for again: of new rooms nobody tells

type Rooms = { rooms: readonly RoomRowFragment[] | undefined; more: boolean; failure: Failure | undefined };

/** useRooms is the list of rooms, the most recently active first, kept as it is now. */
export function useRooms(matching: string, first: number): Rooms {
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
  const rooms = data?.rooms?.nodes
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

// Of the same chat what was heard counts.
const later = <Known extends LastChatFragment | null | undefined>(known: Known, chat: LastChatFragment) =>
  known && known.number > chat.number ? known : chat;

const latest = (room: RoomRowFragment) => room.lastChat?.createdAt ?? room.createdAt;
