import { useEffect, useSyncExternalStore } from "react";
import type { Chat, Room } from "../chat/pages";
import { useServices } from "../ui/services";

const far = 500; // chats of one's own, behind which the server would have to look

const subscribe = (tell: () => void) => {
  document.addEventListener("visibilitychange", tell);
  return () => document.removeEventListener("visibilitychange", tell);
};

/** useSeen marks a room as read while its newest chats are in sight. One's own are not unread, so they alone mark nothing. */
export function useSeen(room: Room, chats: readonly Chat[] | undefined, atEnd: boolean): void {
  const { reading, unread, me } = useServices();
  const visible = useSyncExternalStore(subscribe, () => document.visibilityState === "visible");
  const upTo = useSyncExternalStore(unread.changes.subscribe, () => unread.readUpTo(room.id));
  const lastRead = room.me?.lastRead;
  useEffect(() => {
    const newest = chats?.at(-1);
    if (!visible || !atEnd || !newest || typeof lastRead !== "number") return;
    const read = Math.max(lastRead, upTo);
    const theirs = chats?.findLast(({ username }) => username !== me.username);
    if ((theirs?.number ?? 0) > read || newest.number > read + far) reading.seen(room.id, newest);
  }, [reading, me.username, visible, atEnd, room.id, lastRead, upTo, chats]);
}
