import { Icon } from "../ui/Icon";

/** ComposerMode says that what is written changes a chat, and how to leave that. */
export function ComposerMode({ onCancel }: { onCancel(): void }) {
  return (
    <p className="composer-mode">
      <Icon name="edit" /> Editing your chat
      <button className="text-button" type="button" onClick={onCancel}>
        Cancel
      </button>
    </p>
  );
}
