import type { Quoted } from "../chat/pages";
import { plain } from "../markdown/plain";
import { Icon } from "../ui/Icon";
import { Name } from "./Name";

type Props = { id: string; editing: boolean; replying: Quoted | undefined; onCancel(): void };

/** ComposerMode says that what is written changes a chat, or answers one, and how to leave that. */
export function ComposerMode({ id, editing, replying, onCancel }: Props) {
  if (!editing && !replying) return null;
  return (
    <p className="composer-mode">
      <Icon name={editing ? "edit" : "reply"} />
      <span className="composer-mode-what" id={id}>
        {editing ? "Editing your chat" : replying && <Answering {...replying} />}
      </span>
      <button className="text-button" type="button" onClick={onCancel}>
        Cancel
      </button>
    </p>
  );
}

const Answering = ({ username, text, deletedAt }: Quoted) => (
  <>
    Answering <Name username={username} />
    {deletedAt ? ", whose chat was deleted" : text && <bdi>: {plain(text, 200)}</bdi>}
  </>
);
