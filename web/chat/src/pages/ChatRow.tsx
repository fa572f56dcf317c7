import { memo, useEffect, useRef } from "react";
import type { Draft } from "../chat/draft";
import type { Chat, Quoted } from "../chat/pages";
import type { Pending } from "../chat/reacting";
import { clock, day as dayName, moment } from "../ui/time";
import type { Actions } from "./actions";
import { ChatActions } from "./ChatActions";
import { ChatState } from "./ChatState";
import { Face } from "./Face";
import { Name } from "./Name";
import { Pills } from "./Pills";
import { Quote } from "./Quote";
import { Text } from "./Text";

type Props = {
  chat: Chat;
  head: boolean;
  day: number | undefined;
  /** It is the first that had not been read. */
  fresh: boolean;
  answers: Quoted | undefined;
  /** What it answers is among the chats of the list. */
  near: boolean;
  pending: Pending | undefined;
  draft: Draft | undefined;
  /** It is what a bot has written so far. */
  writing: boolean;
  /** It waits for a server that does not answer. */
  late: boolean;
  mine: boolean;
  /** It may be deleted, though it is somebody else's. */
  removable: boolean;
  answerable: boolean;
  editing: boolean;
  /** Somebody has jumped to it: another object each time. */
  found: object | undefined;
  actions: Actions;
};

/** ChatRow is one chat, under its author's name where a run of them begins. */
export const ChatRow = memo(function ChatRow(props: Props) {
  const { chat, head, day, fresh, answers, near, pending, draft, writing, late, mine, removable, answerable, editing, found, actions } = props;
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    if (found) row.current?.focus({ preventScroll: true });
  }, [found]);
  return (
    <>
      {day !== undefined && (
        <h2 className="day">
          <span>{dayName(day)}</span>
        </h2>
      )}
      {fresh && (
        <p className="fresh">
          <span>New</span>
        </p>
      )}
      <article
        ref={row}
        className="chat"
        tabIndex={found ? -1 : undefined}
        data-head={head || undefined}
        data-state={writing ? "writing" : draft?.state}
        aria-busy={writing || undefined}
        data-editing={editing || undefined}
      >
        {head ? <Face username={chat.username} /> : null}
        <p className={head ? "chat-by" : "chat-by visually-hidden"}>
          {mine || !head ? (
            <span className="chat-name">
              <Name username={chat.username} />
            </span>
          ) : (
            <button className="chat-name" type="button" onClick={() => actions.meet(chat.username)}>
              <Name username={chat.username} />
            </button>
          )}{" "}
          <time dateTime={chat.createdAt} title={moment(chat.createdAt)}>
            {clock(chat.createdAt)}
          </time>
        </p>
        {answers && <Quote chat={answers} onJump={near ? () => actions.jump(answers.id) : undefined} />}
        {chat.deletedAt ? (
          <p className="text deleted">This chat was deleted.</p>
        ) : (
          <Text text={chat.text ?? ""} edited={chat.editedAt} mentions={chat.mentions} growing={writing} />
        )}
        {draft && draft.state !== "stored" && <ChatState {...{ draft, late, actions }} />}
        {!chat.deletedAt && !draft && !writing && <Pills {...{ chat, pending, actions }} />}
        {!chat.deletedAt && !writing && (!draft || (mine && draft.state === "waiting" && !late)) && (
          <ChatActions {...{ chat, draft, mine, removable, answerable, actions }} />
        )}
      </article>
    </>
  );
});
