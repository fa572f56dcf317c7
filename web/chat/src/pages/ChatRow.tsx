import { memo } from "react";
import type { Draft } from "../chat/outbox";
import type { Chat } from "../chat/pages";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { clock, day as dayName, moment } from "../ui/time";
import { ChatState } from "./ChatState";
import { Text } from "./Text";

type Some = Pick<Chat, "id" | "text">;

/** Actions are what can be done to a chat. */
export type Actions = {
  edit(chat: Some): void;
  remove(chat: Some): void;
  again(id: string): void;
  discard(id: string): void;
  /** what can be done about the person who wrote a chat */
  meet(username: string): void;
};

type Props = {
  chat: Chat;
  head: boolean;
  day: number | undefined;
  draft: Draft | undefined;
  /** It waits for a server that does not answer. */
  late: boolean;
  mine: boolean;
  /** It may be deleted, though it is somebody else's. */
  removable: boolean;
  editing: boolean;
  actions: Actions;
};

/** ChatRow is one chat, under its author's name where a run of them begins. */
export const ChatRow = memo(function ChatRow({ chat, head, day, draft, late, mine, removable, editing, actions }: Props) {
  return (
    <>
      {day !== undefined && (
        <h2 className="day">
          <span>{dayName(day)}</span>
        </h2>
      )}
      <article className="chat" data-head={head || undefined} data-state={draft?.state} data-editing={editing || undefined}>
        {head ? <Avatar name={chat.username} /> : null}
        <p className={head ? "chat-by" : "chat-by visually-hidden"}>
          {mine || !head ? (
            <bdi className="chat-name">{chat.username}</bdi>
          ) : (
            <button className="chat-name" type="button" onClick={() => actions.meet(chat.username)}>
              <bdi>{chat.username}</bdi>
            </button>
          )}{" "}
          <time dateTime={chat.createdAt} title={moment(chat.createdAt)}>
            {clock(chat.createdAt)}
          </time>
        </p>
        {chat.deletedAt ? <p className="text deleted">This chat was deleted.</p> : <Text text={chat.text ?? ""} edited={chat.editedAt} />}
        {draft && draft.state !== "stored" && <ChatState {...{ draft, late, actions }} />}
        {removable && !mine && !chat.deletedAt && (
          <div className="chat-actions">
            <button className="icon-button" type="button" aria-label="Delete this chat" onClick={() => actions.remove(chat)}>
              <Icon name="trash" />
            </button>
          </div>
        )}
        {mine && (!draft || (draft.state === "waiting" && !late)) && !chat.deletedAt && (
          <div className="chat-actions">
            <button className="icon-button" type="button" aria-label="Edit this chat" onClick={() => actions.edit(chat)}>
              <Icon name="edit" />
            </button>
            <button
              className="icon-button"
              type="button"
              aria-label={draft ? "Discard this chat" : "Delete this chat"}
              onClick={() => (draft ? actions.discard(chat.id) : actions.remove(chat))}
            >
              <Icon name="trash" />
            </button>
          </div>
        )}
      </article>
    </>
  );
});
