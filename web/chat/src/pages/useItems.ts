import { useEffect, useMemo } from "react";
import { useStore } from "../api/store";
import type { History } from "../chat/history";
import type { Chat } from "../chat/pages";
import { itemsOf, type Item } from "../chat/rows";
import { useServices } from "../ui/services";

/** useItems are the rows of a room: its chats, and one's own that have not arrived in it yet. */
export function useItems(history: History, room: string, chats: readonly Chat[]): readonly Item[] {
  const { me, outbox } = useServices();
  const all = useStore(outbox.drafts);
  const drafts = useMemo(() => all.filter((draft) => draft.room === room), [all, room]);

  // What the room shows has arrived. Only its end can hold what was just sent.
  const arrived = useMemo(() => {
    if (drafts.length === 0) return new Set<string>();
    const ids = new Set(chats.slice(-500).map(({ id }) => id));
    return new Set(drafts.filter(({ id }) => ids.has(id)).map(({ id }) => id));
  }, [chats, drafts]);
  useEffect(() => {
    if (arrived.size > 0) outbox.drop(arrived);
  }, [outbox, arrived]);
  useEffect(() => history.caughtUp.subscribe(() => outbox.assure(room)), [history, outbox, room]);

  return useMemo(
    () => itemsOf(chats, drafts.filter(({ id }) => !arrived.has(id)), me.username),
    [chats, drafts, arrived, me.username],
  );
}
