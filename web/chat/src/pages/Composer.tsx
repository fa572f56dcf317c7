import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { useQuery } from "urql";
import type { Edit } from "../chat/kept";
import { titleOf } from "../chat/naming";
import type { Quoted, Room } from "../chat/pages";
import { LimitsDocument } from "../gql/graphql";
import { Icon } from "../ui/Icon";
import { useServices } from "../ui/services";
import { CharactersLeft } from "./CharactersLeft";
import { ComposerKeys } from "./ComposerKeys";
import { ComposerMode } from "./ComposerMode";
import { usePeople } from "./usePeople";

type Props = {
  room: Room;
  /** The chat that is being changed. */
  editing: Edit | undefined;
  /** The chat that the next one answers. */
  replying: Quoted | undefined;
  onSend(text: string): void;
  onEditLast(): void;
  /** An edit ends with a text, or with nothing to change. */
  onEdited(text?: string): void;
  /** The next chat answers none. */
  onReplyEnd(): void;
};

const touch = matchMedia("(pointer: coarse)");

/**
 * Composer is the box to write in: Enter sends, Shift+Enter breaks the line, the arrow up edits one's last
 * chat. A keyboard on the glass has no Shift+Enter, so there Enter breaks the line and the button sends.
 */
export function Composer({ room, editing, replying, onSend, onEditLast, onEdited, onReplyEnd }: Props) {
  const { kept, me, typing } = useServices();
  const title = titleOf(room, me.username, usePeople());
  const begun = () => editing?.text ?? kept.writing(room.id).text;
  const [text, setText] = useState(begun);
  const [what, setWhat] = useState(editing?.id);
  if (what !== editing?.id) {
    setWhat(editing?.id);
    setText(begun());
  }
  const [{ data }] = useQuery({ query: LimitsDocument });
  const box = useRef<HTMLTextAreaElement>(null);
  const keys = useId();
  const mode = useId();
  const answers = editing ? undefined : replying?.id;
  const left = (data?.server.limits.chatLength ?? 10_000) - length(text);

  useEffect(() => {
    // A keyboard on the glass would cover half the room, so there it comes when it is asked for. Who looks for
    // a room goes on with that.
    if (what || answers || !(touch.matches || document.activeElement instanceof HTMLInputElement)) box.current?.focus();
  }, [what, answers]);

  const write = (now: string) => {
    setText(now);
    if (!editing && now !== "") typing.tell(room.id);
    const all = kept.writing(room.id);
    kept.write(room.id, editing ? { ...all, edit: { ...editing, text: now } } : { ...all, text: now });
  };

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (left < 0) return;
    const written = text.trimEnd(); // where Enter breaks the line, it is often the last key before the button
    if (editing) return onEdited(written);
    if (written === "") return;
    onSend(written);
    setText("");
    const all = kept.writing(room.id);
    if (all.text === text) kept.write(room.id, { text: "", edit: all.edit }); // else another tab is writing here too
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return; // Enter ends a word that an input method is writing
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && (command || !(event.shiftKey || touch.matches))) {
      event.preventDefault();
      submit();
    } else if (event.key === "ArrowUp" && text === "" && !editing) {
      event.preventDefault();
      onEditLast();
    } else if (event.key === "Escape") {
      if (editing) onEdited();
      else if (replying) onReplyEnd();
    }
  };

  return (
    <form className="composer" onSubmit={submit}>
      <ComposerMode id={mode} {...{ editing: editing !== undefined, replying, onCancel: () => (editing ? onEdited() : onReplyEnd()) }} />
      <div className="composer-box">
        {/* The same text a second time, unseen, makes the box as high as it needs to be. */}
        <div className="composer-text" data-text={text}>
          <textarea
            ref={box}
            rows={1}
            dir="auto"
            aria-label={editing ? "Your chat" : `Write to ${title}`}
            aria-describedby={`${mode} ${keys}`}
            placeholder={`Write to ${title}`}
            enterKeyHint={touch.matches ? "enter" : "send"}
            value={text}
            onChange={(event) => write(event.target.value)}
            onKeyDown={onKeyDown}
          />
        </div>
        <CharactersLeft left={left} />
        <button className="icon-button send" type="submit" aria-label={editing ? "Save" : "Send"} aria-disabled={left < 0}>
          <Icon name="send" />
        </button>
      </div>
      <ComposerKeys id={keys} editing={editing !== undefined} replying={answers !== undefined} touch={touch.matches} />
    </form>
  );
}

// Characters are counted as the server counts them, so an emoji is not two.
function length(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
