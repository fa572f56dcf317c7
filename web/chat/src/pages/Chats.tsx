import { use, useCallback, useEffect, useImperativeHandle, useRef, useState, type Ref } from "react";
import { useStore } from "../api/store";
import type { History } from "../chat/history";
import { titleOf } from "../chat/naming";
import type { Room } from "../chat/pages";
import type { Pending } from "../chat/reacting";
import { guess, type Item } from "../chat/rows";
import { VirtualList, type Handle } from "../list/VirtualList";
import { plain } from "../markdown/plain";
import { useAnnounce } from "../ui/Announcer";
import { Icon } from "../ui/Icon";
import { useServices } from "../ui/services";
import type { Actions } from "./actions";
import { ChatRow } from "./ChatRow";
import { Edge } from "./Edge";
import { CrowdContext, usePeople } from "./usePeople";
import { useSeen } from "./useSeen";

const aloud = 2000; // letters of a chat that are said

type Props = {
  history: History;
  room: Room;
  items: readonly Item[];
  actions: Actions;
  pending: ReadonlyMap<string, Pending>;
  /** The id of the chat that is being edited. */
  editing: string | undefined;
  ref?: Ref<Handle>;
};

/** Chats is the list of a room. Who reads further up is told how many have come below. */
export function Chats({ history, room, items, actions, pending, editing, ref }: Props) {
  const { me } = useServices();
  const people = usePeople();
  const list = useRef<Handle>(null);
  const toEnd = useCallback(() => list.current?.toEnd(), []);
  const [found, setFound] = useState<{ key: string }>();
  const toRow = useCallback((key: string) => {
    list.current?.toRow(key);
    setFound({ key });
  }, []);
  useImperativeHandle(ref, () => ({ toEnd, toRow }), [toEnd, toRow]);
  const keys = useKeys(items);
  const [atEnd, setAtEnd] = useState(true);
  const unseen = useUnseen(history, me.username, atEnd);
  const { older, chats } = useStore(history.view);
  useSeen(room, chats, atEnd);

  const removable = room.allowedActions.includes("DELETE_ANY_CHAT");
  const answerable = room.allowedActions.includes("SEND_CHAT");
  const title = titleOf(room, me.username, people);
  const render = useCallback(
    (index: number) => {
      const item = items[index]!;
      if (item.key === "@below") return <div className="below" />;
      if (!("chat" in item)) return <Edge room={room} older={older} retry={history.loadOlder} />;
      const { key, ...shown } = item;
      return (
        <ChatRow
          {...{ ...shown, removable, answerable, actions }}
          mine={item.chat.username === me.username}
          pending={pending.get(key)}
          editing={key === editing}
          found={found?.key === key ? found : undefined}
        />
      );
    },
    [items, room, older, history, me.username, actions, pending, editing, found, removable, answerable],
  );

  return (
    <div className="chats">
      <VirtualList
        ref={list}
        keys={keys}
        guess={useCallback((index: number) => guess(items[index]!), [items])}
        render={render}
        label={`Chats in ${title}`}
        onNearStart={history.nearStart}
        onAtEnd={setAtEnd}
      />
      {!atEnd && (
        <button className="to-end" type="button" onClick={toEnd}>
          <Icon name="down" />
          {unseen === 0 ? "To the newest" : unseen === 1 ? "1 new chat" : `${unseen} new chats`}
        </button>
      )}
    </div>
  );
}

// The keys of the rows, and the same array as long as they are the same: a changed text moves no row.
function useKeys(items: readonly Item[]): readonly string[] {
  const [keys, setKeys] = useState<readonly string[]>([]);
  if (keys.length === items.length && items.every(({ key }, index) => key === keys[index])) return keys;
  const now = items.map(({ key }) => key);
  setKeys(now);
  return now;
}

// How many chats of others have come since the end was last in sight. All of them are said aloud.
function useUnseen(history: History, me: string, atEnd: boolean): number {
  const announce = useAnnounce();
  const { people } = useServices();
  const crowded = use(CrowdContext);
  const [unseen, setUnseen] = useState(0);
  if (atEnd && unseen > 0) setUnseen(0);
  useEffect(
    () =>
      history.onArrival(({ kind, chat }) => {
        if (kind !== "CHAT_SENT" || !chat || chat.username === me) return;
        announce(`${people.title(chat.username, crowded)}: ${plain(chat.text ?? "", aloud)}`);
        setUnseen((count) => count + 1);
      }),
    [history, me, announce, people, crowded],
  );
  return unseen;
}
