import type { FormEvent } from "react";
import { useMutation } from "urql";
import { failureOf } from "../api/failure";
import { describe } from "../api/messages";
import { plain } from "../chat/reactions";
import { UpdateMeDocument } from "../gql/graphql";
import { Dialog } from "../ui/Dialog";
import { Problem } from "../ui/Problem";
import { useServices } from "../ui/services";
import { usePeople } from "./usePeople";

/** MyName asks what one wants to be called. */
export function MyName({ onClose }: { onClose(): void }) {
  const { username } = useServices().me;
  const { name } = usePeople().of(username);
  const [{ fetching, error }, update] = useMutation(UpdateMeDocument);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (fetching) return;
    const typed = plain(String(new FormData(event.currentTarget).get("name")));
    const { data } = await update({ name: typed || null });
    if (data?.updateMe) onClose();
  };
  return (
    <Dialog title="Your name" onClose={onClose}>
      <form onSubmit={submit}>
        <label>
          What you are called <span className="hint">(empty: your username)</span>
          <input name="name" dir="auto" autoComplete="off" defaultValue={name === username ? "" : name} placeholder={username} />
        </label>
        <p className="hint">
          Who has this page open may see the old one until they load it again. You sign in and are mentioned by your username, <bdi>@{username}</bdi>, as before.
        </p>
        {error && <Problem>{describe(failureOf(error), "nickname")}</Problem>}
        <div className="choices">
          <button className="button" type="button" onClick={onClose}>
            Cancel
          </button>
          <button className="button primary" type="submit" aria-disabled={fetching}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
