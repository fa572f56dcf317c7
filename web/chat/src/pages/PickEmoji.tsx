import type { FormEvent } from "react";
import { drawn, plain } from "../chat/reactions";
import { Dialog } from "../ui/Dialog";

const few = ["👍", "❤", "😂", "🎉", "😮", "😢", "🙏", "👀"];

type Props = { onPick(emoji: string): void; onClose(): void };

/** PickEmoji asks which emoji to put on a chat: one of a few, or any other. */
export function PickEmoji({ onPick, onClose }: Props) {
  const pick = (emoji: string) => {
    onPick(emoji);
    onClose();
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = plain(String(new FormData(event.currentTarget).get("emoji")));
    if (typed !== "") pick(typed);
  };
  return (
    <Dialog title="React" onClose={onClose}>
      <ul className="emoji" aria-label="Emoji">
        {few.map((emoji) => (
          <li key={emoji}>
            <button className="icon-button" type="button" aria-label={emoji} onClick={() => pick(emoji)}>
              {drawn(emoji)}
            </button>
          </li>
        ))}
      </ul>
      <form className="add" onSubmit={submit}>
        <label>
          Another one <span className="hint">An emoji, or a short word such as :done:</span>
          <input name="emoji" autoComplete="off" autoCapitalize="none" spellCheck={false} required />
        </label>
        <button className="button" type="submit">
          React
        </button>
      </form>
      <div className="choices">
        <button className="button" type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
