// Hooks: the package's values in React components. They hold no state of their own.
import { useMemo, useSyncExternalStore } from "react";
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

/** OpenRoom is a room as it is shown, and what one does in it: `timeline` is there once the component is. */
export interface OpenRoom extends TimelineView {
  readonly timeline: Timeline | undefined;
}

const notOpen: OpenRoom = { status: "loading", room: undefined, chats: [], waiting: [], older: "none", typing: [], timeline: undefined };

// A room is open as long as somebody listens.
function opening(signedIn: SignedIn | undefined, room: string): Readable<OpenRoom> {
  let timeline: Timeline | undefined;
  let shown: { view: TimelineView; is: OpenRoom } | undefined;
  return {
    get() {
      if (!timeline) return notOpen;
      const view = timeline.view.get();
      if (shown?.view !== view) shown = { view, is: { ...view, timeline } };
      return shown.is;
    },
    subscribe(listener) {
      if (!signedIn) return () => {};
      const opened = signedIn.open(room);
      timeline = opened;
      const leave = opened.view.subscribe(listener);
      return () => {
        leave();
        signedIn.close(opened);
        if (timeline === opened) timeline = undefined;
      };
    },
  };
}

/** useRoom shows a room, by its id or name, as long as the component does. For another room it starts clean. */
export function useRoom(parley: Parley, room: string): OpenRoom {
  const signedIn = useSignedIn(parley);
  return useReadable(useMemo(() => opening(signedIn, room), [signedIn, room]));
}
