import type { FormEvent } from "react";
import { useMutation } from "urql";
import type { Room } from "../chat/pages";
import { AddMemberDocument } from "../gql/graphql";
import type { Done } from "./MemberRow";

/** AddMember asks for somebody's name and adds them. */
export function AddMember({ room, done }: { room: Room; done: Done }) {
  const [{ fetching }, add] = useMutation(AddMemberDocument);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const user = String(new FormData(form).get("user")).trim();
    if (fetching || user === "") return;
    if (done(await add({ room: room.id, user }))) form.reset();
  };
  return (
    <form className="add" onSubmit={submit}>
      <label>
        Add somebody <span className="hint">They see the whole history.</span>
        <input name="user" autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder="Username" required />
      </label>
      <button className="button" type="submit" aria-disabled={fetching}>
        Add
      </button>
    </form>
  );
}
