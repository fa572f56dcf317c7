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
  const [deleting, setDeleting] = useState<Pick<Chat, "id" | "text">>();
  const { edit, begin, finish } = useEditing(room.id, (chat) => {
    if (outbox.drafts.get().some(({ id, change }) => id === chat.id && !change)) outbox.discard(chat.id);
    else setDeleting(chat);
  });
  const actions: Actions = useMemo(
    () => ({
      edit: begin,
      remove: setDeleting,
      again: (id) => outbox.again(id),
      discard: (id) => outbox.discard(id),
    }),
    [outbox, begin],
  );

  const send = (text: string) => {
    outbox.send(room.id, text);
    list.current?.toEnd();
  };
  const editLast = () => {
    const last = items.findLast((item) => "chat" in item && item.chat.username === me.username && !item.chat.deletedAt);
    if (last && "chat" in last) begin(last.chat);
  };

  return (
    <>
      <Chats ref={list} history={history} room={room} items={items} actions={actions} editing={edit?.id} />
      <Composer room={room} editing={edit} onSend={send} onEditLast={editLast} onEdited={finish} />
      {deleting && <DeleteChat chat={deleting} onClose={() => setDeleting(undefined)} />}
    </>
  );
}
