import { useMutation } from "urql";
import { failureOf } from "../api/failure";
import { describe } from "../api/messages";
import { OpenDirectDocument } from "../gql/graphql";
import { Problem } from "../ui/Problem";
import { go, paths } from "../ui/router";
import { useMay } from "./useMay";
import { usePeople } from "./usePeople";

/** WriteTo opens the conversation with somebody, and is not there for who may open none: those there are stand in the list. */
export function WriteTo({ username, onDone }: { username: string; onDone(): void }) {
  const [{ fetching, error }, open] = useMutation(OpenDirectDocument);
  const may = useMay();
  const title = usePeople().title(username, true);
  const act = async () => {
    if (fetching) return;
    const { data } = await open({ users: [username] });
    if (!data?.openDirectRoom) return;
    onDone();
    go(paths.room(data.openDirectRoom.id));
  };
  if (!may("OPEN_DIRECT")) return null;
  return (
    <>
      {error && <Problem>{describe(failureOf(error))}</Problem>}
      <button className="button" type="button" aria-disabled={fetching} aria-label={`Write to ${title} alone`} onClick={() => void act()}>
        Write
      </button>
    </>
  );
}
