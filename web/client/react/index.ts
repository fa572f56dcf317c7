// Hooks: the package's values in React components. They hold no state of their own.
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Parley, Readable, Room, SessionState, SignedIn, Timeline, TimelineView } from "../src/index.ts";

/** useReadable is any value of the package that changes: `useReadable(signedIn.connection.link)`. */
export const useReadable = <Value>({ subscribe, get }: Readable<Value>): Value => useSyncExternalStore(subscribe, get, get);

/** useSession is who is signed in; or nobody, and why, if the session was not ended here. */
export const useSession = (parley: Parley): SessionState => useReadable(parley.session.state);

/** useSignedIn is what the person who is signed in works with; undefined when nobody is. */
export const useSignedIn = (parley: Parley): SignedIn | undefined => useReadable(parley.signedIn);

const noRooms: Readable<readonly Room[] | undefined> = { get: () => undefined, subscribe: () => () => {} };

/** useRooms are the rooms one is in, the latest active first; undefined until the server has answered. */
export const useRooms = (parley: Parley): readonly Room[] | undefined => useReadable(useSignedIn(parley)?.rooms.list ?? noRooms);

const clean: TimelineView = { status: "loading", room: undefined, chats: [], waiting: [], older: "none", typing: [] };
const notOpen: Readable<TimelineView> = { get: () => clean, subscribe: () => () => {} };

/** OpenRoom is a room as it is shown, and what one does in it: `timeline` is there once the component is. */
export interface OpenRoom extends TimelineView {
  readonly timeline: Timeline | undefined;
}

/** useRoom shows a room, by its id or name, as long as the component does. For another room it starts clean. */
export function useRoom(parley: Parley, room: string): OpenRoom {
  const signedIn = useSignedIn(parley);
  const [opened, setOpened] = useState<{ timeline: Timeline; by: SignedIn }>();
  useEffect(() => {
    if (!signedIn) return;
    const timeline = signedIn.open(room);
    setOpened({ timeline, by: signedIn });
    return () => signedIn.close(timeline);
  }, [signedIn, room]);
  // What is shown of another room, or to somebody else, is not shown here, not even until the first page is there.
  const timeline = opened?.by === signedIn && opened?.timeline.key === room ? opened.timeline : undefined;
  return { ...useReadable(timeline?.view ?? notOpen), timeline };
}
