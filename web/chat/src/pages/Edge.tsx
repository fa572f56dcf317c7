import type { View } from "../chat/history";
import { titleOf } from "../chat/naming";
import type { Room } from "../chat/pages";
import { useServices } from "../ui/services";
import { usePeople } from "./usePeople";

type Props = { room: Room; older: View["older"]; retry(): void };

/** Edge is above the oldest chat that was read: more of them, or the beginning of the room. */
export function Edge({ room, older, retry }: Props) {
  const { me } = useServices();
  const people = usePeople();
  if (older === "failed") {
    return (
      <p className="edge">
        Older chats do not load.{" "}
        <button className="text-button" type="button" onClick={retry}>
          Try again
        </button>
      </p>
    );
  }
  if (older !== "none") return <p className="edge">Loading older chats…</p>;
  return (
    <div className="edge beginning">
      <h2 dir="auto">{titleOf(room, me.username, people, true)}</h2>
      <p>This is where the room begins.</p>
    </div>
  );
}
