import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { useQuery } from "urql";
import type { Room } from "../chat/pages";
import { LimitsDocument } from "../gql/graphql";
import { Icon } from "../ui/Icon";
import { Problem } from "../ui/Problem";
import { useServices } from "../ui/services";
import { CharactersLeft } from "./CharactersLeft";
import { ComposerKeys } from "./ComposerKeys";
import { ComposerMode } from "./ComposerMode";
import type { Edit } from "./useEditing";

type Props = {
  room: Room;
  /** The chat that is being changed; another one means another composer. */
  editing: Edit | undefined;
  /** Why the last change could not be made. */
  problem: string;
  onSend(text: string): void;
  onEditLast(): void;
  /** An edit ends with a text, or with nothing to change. */
  onEdited(text?: string): void;
};

const touch = matchMedia("(pointer: coarse)");

/** Composer is the box to write in: Enter sends, Shift+Enter breaks the line, the arrow up edits one's last chat. */
export function Composer({ room, editing, problem, onSend, onEditLast, onEdited }: Props) {
  const { typed } = useServices();
  const [text, setText] = useState(editing?.text ?? typed.get(room.id) ?? "");
  const [{ data }] = useQuery({ query: LimitsDocument });
  const box = useRef<HTMLTextAreaElement>(null);
  const keys = useId();
  const left = (data?.server.limits.chatLength ?? 10_000) - length(text);

  useEffect(() => {
    // A keyboard on the glass would cover half the room, so there it comes when it is asked for.
    if (editing || !touch.matches) box.current?.focus();
  }, [editing]);

  const write = (now: string) => {
    setText(now);
    if (!editing) typed.set(room.id, now);
  };

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (left < 0) return;
    if (editing) return onEdited(text);
    if (text.trim() === "") return;
    onSend(text);
    write("");
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return; // Enter ends a word that an input method is writing
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "ArrowUp" && text === "" && !editing) {
      event.preventDefault();
      onEditLast();
    } else if (event.key === "Escape" && editing) {
      onEdited();
    }
  };

  return (
    <form className="composer" onSubmit={submit}>
      {problem && <Problem>{problem}</Problem>}
      {editing && <ComposerMode onCancel={() => onEdited()} />}
      <div className="composer-box">
        {/* The same text a second time, unseen, makes the box as high as it needs to be. */}
        <div className="composer-text" data-text={text}>
          <textarea
            ref={box}
            rows={1}
            dir="auto"
            aria-label={editing ? "Your chat" : `Write to ${room.name}`}
            aria-describedby={keys}
            placeholder={`Write to ${room.name}`}
            value={text}
            onChange={(event) => write(event.target.value)}
            onKeyDown={onKeyDown}
          />
        </div>
        <CharactersLeft left={left} />
        <button className="icon-button send" type="submit" aria-label={editing ? "Save" : "Send"} disabled={left < 0}>
          <Icon name="send" />
        </button>
      </div>
      <ComposerKeys id={keys} editing={editing !== undefined} />
    </form>
  );
}

// Characters are counted as the server counts them, so an emoji is not two.
function length(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
