import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useQuery } from "urql";
import { failureOf, type Failure } from "../api/failure";
import { keep } from "../api/keep";
import { wait } from "../api/wait";
import { ActivityDocument, OpenRoomDocument, RoomsDocument, type LastChatFragment, type RoomRowFragment, type RoomsQueryVariables } from "../gql/graphql";
import { addressOf } from "../chat/naming";
import { useServices } from "../ui/services";

type Rooms = { rooms: readonly RoomRowFragment[] | undefined; more: boolean; failure: Failure | undefined };

/**
 * useRooms is the list of the rooms one is in, the most recently active first, kept as it is now; with a text to look
 * for, of all that have it in their name. The room that is open is in the list, too, unless others are looked for.
 */
export function useRooms(matching: string, first: number, current: string | undefined): Rooms {
  const { client, me, unread } = useServices();
  const variables: RoomsQueryVariables = useMemo(
    () => ({ scope: matching ? "ALL" : "JOINED", matching: matching || null, first }),
    [matching, first],
  );
  const [{ data: fresh, error, fetching, stale }] = useQuery({ query: RoomsDocument, variables, requestPolicy: "cache-and-network" });
  // A list that cannot be asked for anew stays as it was.
  const [data, setData] = useState(fresh);
  if (fresh && fresh !== data) setData(fresh);

  // A question that a busy server has not answered is asked again. Of two questions that are the same urql asks one. An
  // answer that is on its way may be older than what makes us ask, so then it is asked once more.
  const asking = useRef({ now: false, more: false, shown: true, variables });
  const onTheWay = fetching || stale;
  const again = useCallback(async () => {
    const state = asking.current;
    state.variables = variables;
    if (state.now) {
      state.more = true;
      return;
    }
    state.now = true;
    let older = onTheWay;
    do {
      state.more = older;
      older = false;
      const answer = await client.query(RoomsDocument, state.variables, { requestPolicy: "network-only" }).toPromise();
      if (answer.error && failureOf(answer.error).passes && state.shown) {
        await wait(1000);
        state.more = true;
      }
    } while (state.more && state.shown);
    state.now = false;
  }, [client, variables, onTheWay]);

  useEffect(() => {
    const state = asking.current;
    state.shown = true;
    return () => void (state.shown = false);
  }, []);

  // Of a room that one makes in another tab nobody tells.
  useEffect(() => {
    const look = () => void (document.visibilityState === "visible" && again());
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
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
  // The stream goes on, whatever is looked for meanwhile.
  const now = useRef({ again, rooms, isListed: (_room: string): boolean => true });
  useEffect(() => {
    now.current = { again, rooms, isListed: (id) => matching !== "" || (data?.rooms?.nodes.some((room) => room.id === id) ?? true) };
  });
  useEffect(() => {
    return keep(() => client.subscription(ActivityDocument, {}), {
      next: ({ events }) => {
        const { kind, room, chat, user } = events;
        if (kind === "CAUGHT_UP") void now.current.again(); // what happened before this was not heard
        if (!room) return;
        const comes = kind === "MEMBER_JOINED" ? user?.id === me.id : kind === "CHAT_SENT" && !now.current.isListed(room.id);
        if (comes) void now.current.again();
        unread.happened(events, now.current.rooms?.find(({ id }) => id === room.id));
        if (!chat) return;
        setHeard((before) => {
          const known = before.get(room.id);
          const last = later(known, chat);
          return last === known ? before : new Map(before).set(room.id, last);
        });
      },
      ended: () => false,
    });
  }, [client, me.id, unread]);

  return {
    rooms,
    more: data?.rooms?.pageInfo.hasNextPage ?? false,
    failure: error && failureOf(error),
  };
}

// The room that is open, if a list has not got it.
function useOpenRoom(listed: readonly RoomRowFragment[] | undefined, name: string | undefined): RoomRowFragment | undefined {
  const missing = name !== undefined && listed !== undefined && listed.every((room) => addressOf(room) !== name);
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
