import { memo } from "react";
import { describe } from "../api/messages";
import type { Draft } from "../chat/outbox";
import type { Chat } from "../chat/pages";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { clock, day as dayName, moment } from "../ui/time";
import { Text } from "./Text";

/** Actions are what can be done to a chat of one's own. */
export type Actions = {
  edit(chat: Chat): void;
  remove(chat: Chat): void;
  again(id: string): void;
  drop(id: string): void;
};

type Props = {
  chat: Chat;
  head: boolean;
  day: number | undefined;
  draft: Draft | undefined;
  mine: boolean;
  editing: boolean;
  actions: Actions;
};

/** ChatRow is one chat, under its author's name where a run of them begins. */
export const ChatRow = memo(function ChatRow({ chat, head, day, draft, mine, editing, actions }: Props) {
  const state = draft && draft.state !== "stored" ? draft.state : undefined;
  return (
    <>
      {day !== undefined && (
        <h2 className="day">
          <span>{dayName(day)}</span>
        </h2>
      )}
      <article className="chat" data-head={head || undefined} data-state={state} data-editing={editing || undefined}>
        {head ? <Avatar name={chat.username} /> : null}
        <p className={head ? "chat-by" : "chat-by visually-hidden"}>
          <bdi className="chat-name">{chat.username}</bdi>{" "}
          <time dateTime={chat.createdAt} title={moment(chat.createdAt)}>
            {clock(chat.createdAt)}
          </time>
        </p>
        {chat.deletedAt ? <p className="text deleted">This chat was deleted.</p> : <Text text={chat.text ?? ""} edited={chat.editedAt} />}
        {state === "waiting" && <p className="chat-state">{draft?.failure ? "Waiting to be sent" : <span className="visually-hidden">Sending</span>}</p>}
        {state === "refused" && (
          <p className="chat-state problem">
            Not sent. {describe(draft?.failure)}{" "}
            <button className="text-button" type="button" onClick={() => actions.again(chat.id)}>
              Try again
            </button>{" "}
            <button className="text-button" type="button" onClick={() => actions.drop(chat.id)}>
              Discard
            </button>
          </p>
        )}
        {mine && !draft && !chat.deletedAt && (
          <div className="chat-actions">
            <button className="icon-button" type="button" aria-label="Edit this chat" onClick={() => actions.edit(chat)}>
              <Icon name="edit" />
            </button>
            <button className="icon-button" type="button" aria-label="Delete this chat" onClick={() => actions.remove(chat)}>
              <Icon name="trash" />
            </button>
          </div>
        )}
      </article>
    </>
  );
});
