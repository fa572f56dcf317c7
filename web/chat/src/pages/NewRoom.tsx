import { useState, type FormEvent } from "react";
import { useMutation } from "urql";
import { failureOf, type Failure } from "../api/failure";
import { describe } from "../api/messages";
import { uuid } from "../../../client/src/platform.ts";
import { addressOf } from "../chat/naming";
import { CreateRoomDocument } from "../gql/graphql";
import { Dialog } from "../ui/Dialog";
import { Problem } from "../ui/Problem";
import { go, paths } from "../ui/router";

/** NewRoom asks for a name and makes the room. */
export function NewRoom({ onClose, name }: { onClose(): void; name?: string }) {
  const [{ fetching, error }, create] = useMutation(CreateRoomDocument);
  const [typed, setTyped] = useState(name ?? "");
  const [id, setId] = useState(uuid); // sent again after a lost answer it is the same room

  const write = (text: string) => {
    setTyped(text);
    setId(uuid());
  };

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (fetching) return;
    const form = new FormData(event.currentTarget);
    const topic = String(form.get("topic")).trim();
    const members = String(form.get("members")).split(/[\s,;]+/).filter((one) => one !== "");
    const { data } = await create({
      id,
      name: typed.trim(),
      topic: topic || null,
      kind: form.has("private") ? "PRIVATE" : "PUBLIC",
      members,
    });
    if (!data?.createRoom) return;
    onClose();
    go(paths.room(addressOf(data.createRoom)));
  };

  return (
    <Dialog title="New room" onClose={onClose}>
      <form onSubmit={submit}>
        <label>
          Name
          <input name="name" dir="auto" autoComplete="off" value={typed} onChange={(event) => write(event.target.value)} required />
        </label>
        <label>
          What it is about <span className="hint">(may be empty)</span>
          <input name="topic" dir="auto" autoComplete="off" />
        </label>
        <label>
          People to add <span className="hint">(usernames; may be empty)</span>
          <input name="members" autoComplete="off" autoCapitalize="none" spellCheck={false} />
        </label>
        <label className="check">
          <input name="private" type="checkbox" />
          <span>
            Private <span className="hint">Only those who are added or invited know of it. This cannot be changed later.</span>
          </span>
        </label>
        {error && <Problem>{why(failureOf(error))}</Problem>}
        <div className="choices">
          <button className="button" type="button" onClick={onClose}>
            Cancel
          </button>
          <button className="button primary" type="submit" aria-disabled={fetching}>
            Make the room
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const why = (failure: Failure) =>
  failure.code === "NOT_FOUND" ? "One of these people has no account here. Look at the spelling." : describe(failure);
