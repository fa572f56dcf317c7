import { useState, type FormEvent } from "react";
import { useMutation } from "urql";
import { failureOf } from "../api/failure";
import { describe } from "../api/messages";
import { CreateRoomDocument } from "../gql/graphql";
import { Dialog } from "../ui/Dialog";
import { Problem } from "../ui/Problem";
import { go, paths } from "../ui/router";
import { useServices } from "../ui/services";

/** NewRoom asks for a name and makes the room. */
export function NewRoom({ onClose, name }: { onClose(): void; name?: string }) {
  const [{ fetching, error }, create] = useMutation(CreateRoomDocument);
  const { kept } = useServices();
  const [typed, setTyped] = useState(name ?? "");

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (fetching) return;
    const topic = String(new FormData(event.currentTarget).get("topic")).trim();
    const { data } = await create({ name: typed.trim(), topic: topic || null });
    if (!data?.createRoom) return;
    kept.make(data.createRoom.id);
    onClose();
    go(paths.room(data.createRoom.name));
  };

  return (
    <Dialog title="New room" onClose={onClose}>
      <form onSubmit={submit}>
        <label>
          Name
          <input name="name" dir="auto" autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} required />
        </label>
        <label>
          What it is about <span className="hint">(may be empty)</span>
          <input name="topic" dir="auto" autoComplete="off" />
        </label>
        {error && <Problem>{describe(failureOf(error))}</Problem>}
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
