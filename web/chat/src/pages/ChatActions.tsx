import type { Draft } from "../chat/draft";
import type { Chat } from "../chat/pages";
import { Icon } from "../ui/Icon";
import type { Actions } from "./actions";

type Props = {
  chat: Chat;
  draft: Draft | undefined;
  mine: boolean;
  /** It may be deleted, though it is somebody else's. */
  removable: boolean;
  answerable: boolean;
  actions: Actions;
};

/** ChatActions are the buttons of a chat: for all, and more for who wrote it. */
export function ChatActions({ chat, draft, mine, removable, answerable, actions }: Props) {
  return (
    <div className="chat-actions">
      {!draft && answerable && (
        <button className="icon-button" type="button" aria-label="Reply to this chat" onClick={() => actions.reply(chat)}>
          <Icon name="reply" />
        </button>
      )}
      {!draft && (
        <button className="icon-button" type="button" aria-label="React to this chat" onClick={() => actions.choose(chat.id)}>
          <Icon name="smile" />
        </button>
      )}
      {mine && (
        <button className="icon-button" type="button" aria-label="Edit this chat" onClick={() => actions.edit(chat)}>
          <Icon name="edit" />
        </button>
      )}
      {(mine || removable) && (
        <button
          className="icon-button"
          type="button"
          aria-label={draft ? "Discard this chat" : "Delete this chat"}
          onClick={() => (draft ? actions.discard(chat.id) : actions.remove(chat))}
        >
          <Icon name="trash" />
        </button>
      )}
    </div>
  );
}
