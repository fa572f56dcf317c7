import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useQuery } from "urql";
import { failureOf, type Failure } from "../api/failure";
import { keep } from "../api/keep";
import { useStore } from "../api/store";
import { sleep } from "../../../client/src/platform.ts";
import { ActivityDocument, OpenRoomDocument, RoomsDocument, type RoomRowFragment, type RoomsQueryVariables } from "../gql/graphql";
import { addressOf } from "../chat/naming";
import { useServices } from "../ui/services";

type Rooms = { rooms: readonly RoomRowFragment[] | undefined; more: boolean; failure: Failure | undefined };

/**
 * useRooms is the list of the rooms one is in, the most recently active first, kept as it is now; with a text to look
 * for, of all that have it in their name. The room that is open is in the list, too, unless others are looked for.
 */
export function useRooms(matching: string, first: number, current: string | undefined): Rooms {
  const { client, me, unread, latest } = useServices();
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
        await sleep(1000);
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

  useStore(latest.changes);
  const [open, lookAgain] = useOpenRoom(data?.rooms?.nodes, matching ? undefined : current);
  const rooms = data?.rooms?.nodes
    .concat(open ?? [])
    .map((room) => latest.in(room))
    .toSorted((a, b) => (activeAt(a) < activeAt(b) ? 1 : -1));
  // The stream goes on, whatever is looked for meanwhile.
  const now = useRef({ again, lookAgain, isListed: (_room: string): boolean => true });
  useEffect(() => {
    now.current = { again, lookAgain, isListed: (id) => matching !== "" || (data?.rooms?.nodes.some((room) => room.id === id) ?? true) };
  });
  useEffect(() => {
    return keep(() => client.subscription(ActivityDocument, {}), {
      next: ({ events }) => {
        const { kind, room, user } = events;
        unread.happened(events);
        latest.happened(events);
        if (kind === "CAUGHT_UP") {
          // What happened before this was not heard.
          void now.current.again();
          now.current.lookAgain();
        }
        if (!room) return;
        const comes = kind === "MEMBER_JOINED" ? user?.id === me.id : kind === "CHAT_SENT" && !now.current.isListed(room.id);
        if (comes) void now.current.again();
      },
      ended: () => false,
    });
  }, [client, me.id, unread, latest]);

  return {
    rooms,
    more: data?.rooms?.pageInfo.hasNextPage ?? false,
    failure: error && failureOf(error),
  };
}

// The room that is open, if a list has not got it, and how to ask for it anew.
function useOpenRoom(listed: readonly RoomRowFragment[] | undefined, name: string | undefined): [RoomRowFragment | undefined, () => void] {
  const missing = name !== undefined && listed !== undefined && listed.every((room) => addressOf(room) !== name);
  const [{ data, operation }, ask] = useQuery({
    query: OpenRoomDocument,
    variables: { room: name ?? "" },
    requestPolicy: "network-only", // of a room that was deleted the cache may still have something
    pause: !missing,
  });
  const room = missing && operation?.variables.room === name ? data?.room : undefined;
  const open = room && listed?.every(({ id }) => id !== room.id) ? room : undefined; // it may be listed in another spelling
  return [open, () => missing && ask()];
}

const activeAt = (room: RoomRowFragment) => room.lastChat?.createdAt ?? room.createdAt;
