import { useCallback, useState } from "react";
import { useMutation } from "urql";
import { failureOf } from "../api/failure";
import { describe } from "../api/messages";
import type { History } from "../chat/history";
import type { Chat } from "../chat/pages";
import { EditChatDocument } from "../gql/graphql";

/** Edit is a chat that is being changed, and the text to begin with. */
export type Edit = { chat: Chat; text: string };

type Editing = {
  edit: Edit | undefined;
  /** Why the last change could not be made. */
  problem: string;
  begin(chat: Chat): void;
  /** finish stores a text; without one nothing changes, and an empty one asks whether the chat may go. */
  finish(text?: string): void;
  /** forget is for when something else is written. */
  forget(): void;
};

/** useEditing is the chat that is being changed. A change shows at once; one that fails comes back with what was written. */
export function useEditing(history: History, onEmptied: (chat: Chat) => void): Editing {
  const [edit, setEdit] = useState<Edit>();
  const [problem, setProblem] = useState("");
  const [, store] = useMutation(EditChatDocument);

  // The same function always: every row of the list has it.
  const begin = useCallback((chat: Chat) => setEdit({ chat, text: chat.text ?? "" }), []);

  const finish = async (text?: string) => {
    setEdit(undefined);
    setProblem("");
    if (!edit || text === undefined || text === edit.chat.text) return;
    if (text.trim() === "") return onEmptied(edit.chat);
    history.assume({ ...edit.chat, text, editedAt: new Date().toISOString() });
    const { error } = await store({ chat: edit.chat.id, text });
    if (!error) return;
    history.assume(edit.chat);
    setProblem(`Not changed. ${describe(failureOf(error))}`);
    setEdit({ chat: edit.chat, text });
  };

  return {
    edit,
    problem,
    begin,
    finish: (text) => void finish(text),
    forget: () => setProblem(""),
  };
}
