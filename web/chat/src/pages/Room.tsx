import { useEffect, useMemo, useRef, useState } from "react";
import type { History, View } from "../chat/history";
import type { Chat, Room as RoomFields } from "../chat/pages";
import { crowd } from "../chat/people";
import type { Handle } from "../list/VirtualList";
import { useServices } from "../ui/services";
import type { Actions } from "./actions";
import { Chats } from "./Chats";
import { Composer } from "./Composer";
import { DeleteChat } from "./DeleteChat";
import { NoWriting } from "./NoWriting";
import { Person } from "./Person";
import { PickEmoji } from "./PickEmoji";
import { TypingLine } from "./TypingLine";
import { useEditing } from "./useEditing";
import { useItems } from "./useItems";
import { CrowdContext } from "./usePeople";
import { useReacting } from "./useReacting";
import { useReply } from "./useReply";
import { useTyping } from "./useTyping";

type Props = { history: History; room: RoomFields; chats: readonly Chat[]; gone: View["gone"] };

/** Room is the chats of a room and the box to write in. */
export function Room({ history, room, chats, gone }: Props) {
  const { me, outbox, people } = useServices();
  const crowded = room.memberCount > crowd;
  useEffect(() => void (crowded || people.meet(room.id)), [people, room.id, crowded]);
  const writers = useTyping(history, chats);
  const items = useItems(history, room.id, chats, writers);
  const list = useRef<Handle>(null);
  const [deleting, setDeleting] = useState<Pick<Chat, "id" | "text">>();
  const [met, setMet] = useState<string>();
  const [choosing, setChoosing] = useState<string>();
  const [reacting, pending] = useReacting(history);
  const { reply, answer, sent } = useReply(room.id);
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
      meet: setMet,
      reply: answer,
      jump: (id) => list.current?.toRow(id),
      react: (id, emoji, on) => reacting.react(id, emoji, on),
      choose: setChoosing,
      dismiss: (id) => reacting.dismiss(id),
    }),
    [outbox, begin, answer, reacting],
  );

  const send = (text: string) => {
    outbox.send(room.id, text, reply);
    sent();
    list.current?.toEnd();
  };
  const editLast = () => {
    const last = items.findLast((item) => "chat" in item && item.chat.username === me.username && !item.chat.deletedAt);
    if (last && "chat" in last) begin(last.chat);
  };

  return (
    <CrowdContext value={crowded}>
      <Chats ref={list} {...{ history, room, items, actions, pending }} editing={edit?.id} />
      {gone === "removed" && room.allowedActions.includes("JOIN") && (
        <p className="room-note" role="status">
          You were removed from this room. It is public: you can still read it.
        </p>
      )}
      <TypingLine writers={writers} />
      {room.allowedActions.includes("SEND_CHAT") ? (
        <Composer
          room={room}
          editing={edit}
          replying={reply && (chats.find(({ id }) => id === reply.id) ?? { ...reply, user: null, text: null, deletedAt: null })}
          onSend={send}
          onEditLast={editLast}
          onEdited={finish}
          onReplyEnd={() => answer(undefined)}
        />
      ) : (
        <NoWriting room={room} />
      )}
      {met && <Person username={met} onBlocked={history.look} onClose={() => setMet(undefined)} />}
      {choosing && <PickEmoji onPick={(emoji) => reacting.react(choosing, emoji, true)} onClose={() => setChoosing(undefined)} />}
      {deleting && <DeleteChat chat={deleting} onClose={() => setDeleting(undefined)} />}
    </CrowdContext>
  );
}
