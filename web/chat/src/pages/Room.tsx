import { useMemo, useRef, useState } from "react";
import type { History } from "../chat/history";
import type { Chat, Room as RoomFields } from "../chat/pages";
import type { Handle } from "../list/VirtualList";
import { useServices } from "../ui/services";
import type { Actions } from "./ChatRow";
import { Chats } from "./Chats";
import { Composer } from "./Composer";
import { DeleteChat } from "./DeleteChat";
import { useEditing } from "./useEditing";
import { useItems } from "./useItems";

type Props = { history: History; room: RoomFields; chats: readonly Chat[] };

/** Room is the chats of a room and the box to write in. */
export function Room({ history, room, chats }: Props) {
  const { me, outbox } = useServices();
  const items = useItems(history, room.id, chats);
  const list = useRef<Handle>(null);
  const [deleting, setDeleting] = useState<Chat>();
  const { edit, problem, begin, finish, forget } = useEditing(history, setDeleting);
  const actions: Actions = useMemo(
    () => ({
      edit: begin,
      remove: setDeleting,
      again: (id) => outbox.again(id),
      drop: (id) => outbox.drop(new Set([id])),
    }),
    [outbox, begin],
  );

  const send = (text: string) => {
    forget();
    outbox.send(room.id, text);
    list.current?.toEnd();
  };
  const editLast = () => {
    const last = chats.findLast(({ username, deletedAt }) => username === me.username && !deletedAt);
    if (last) begin(last);
  };

  return (
    <>
      <Chats ref={list} history={history} room={room} items={items} actions={actions} editing={edit?.chat.id} />
      <Composer
        key={edit?.chat.id}
        room={room}
        editing={edit}
        problem={problem}
        onSend={send}
        onEditLast={editLast}
        onEdited={finish}
      />
      {deleting && <DeleteChat chat={deleting} onClose={() => setDeleting(undefined)} />}
    </>
  );
}
