import { useCallback, useEffect, useState } from "react";
import type { Edit } from "../chat/kept";
import { useServices } from "../ui/services";

type Editing = {
  /** The chat that is being changed, as it was when that began or was taken up again. */
  edit: Edit | undefined;
  begin(chat: { id: string; text: string | null }): void;
  /** finish changes the chat; without a text nothing changes, and an empty one asks whether the chat may go. */
  finish(text?: string): void;
};

/** useEditing is the chat of a room that is being changed, also when the room or the page was left meanwhile. */
export function useEditing(room: string, onEmptied: (chat: { id: string; text: string }) => void): Editing {
  const { kept, outbox } = useServices();
  const [edit, setEdit] = useState(() => kept.writing(room).edit);
  const id = edit?.id;

  useEffect(() => {
    outbox.hold(id === undefined ? undefined : { room, id });
    return () => outbox.hold(undefined);
  }, [outbox, room, id]);

  const change = useCallback(
    (now: Edit | undefined) => {
      kept.write(room, { ...kept.writing(room), edit: now });
      setEdit(now);
    },
    [kept, room],
  );

  // The same function always: every row of the list has it.
  const begin = useCallback(
    ({ id: chat, text }: { id: string; text: string | null }) => change({ id: chat, from: text ?? "", text: text ?? "" }),
    [change],
  );

  const finish = (text?: string) => {
    change(undefined);
    if (!edit || text === undefined || text === edit.from) return;
    if (text.trim() === "") onEmptied({ id: edit.id, text: edit.from });
    else outbox.edit(room, edit.id, text);
  };

  return { edit, begin, finish };
}
