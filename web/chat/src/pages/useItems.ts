import { useEffect, useMemo } from "react";
import { useStore } from "../api/store";
import type { History } from "../chat/history";
import type { Chat } from "../chat/pages";
import { firstUnread, itemsOf, settled, type Item } from "../chat/rows";
import { useServices } from "../ui/services";
import type { Writer } from "./useTyping";

/** useItems are the rows of a room: its chats, one's own that have not arrived in it yet, and what bots are writing. */
export function useItems(history: History, room: string, chats: readonly Chat[], writers: readonly Writer[]): readonly Item[] {
  const { me, outbox, line } = useServices();
  const all = useStore(outbox.drafts);
  const drafts = useMemo(() => new Map(all.filter((draft) => draft.room === room).map((draft) => [draft.id, draft])), [all, room]);
  const link = useStore(line.link);
  const late = useStore(outbox.stuck) || link === "lost" || link === "offline";

  // What the room shows has arrived.
  const arrived = useMemo(() => {
    if (drafts.size === 0) return new Set<string>();
    const seen = chats.filter((chat) => {
      const draft = drafts.get(chat.id);
      return draft && settled(draft, chat);
    });
    return new Set(seen.map(({ id }) => id));
  }, [chats, drafts]);
  useEffect(() => {
    if (arrived.size > 0) outbox.drop(arrived);
  }, [outbox, arrived]);
  useEffect(() => history.caughtUp.subscribe(() => outbox.assure(room)), [history, outbox, room]);

  const { readUpTo } = useStore(history.view);
  return useMemo(() => {
    const unread = firstUnread(chats, me.username, readUpTo);
    const left = new Map([...drafts].filter(([id]) => !arrived.has(id)));
    const writing = writers.flatMap(({ chat }) => chat ?? []);
    return itemsOf(chats, { username: me.username, drafts: left, late, unread, writing });
  }, [chats, drafts, arrived, me.username, late, readUpTo, writers]);
}
