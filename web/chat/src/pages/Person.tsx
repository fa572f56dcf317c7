import { Dialog } from "../ui/Dialog";
import { BlockPerson } from "./BlockPerson";
import { Face } from "./Face";
import { usePeople } from "./usePeople";
import { WriteTo } from "./WriteTo";

/** Person is somebody whose name was chosen in a room, and what can be done about them. */
export function Person({ username, onBlocked, onClose }: { username: string; onBlocked(): void; onClose(): void }) {
  const { name, isBot } = usePeople().of(username);
  return (
    <Dialog title={name} onClose={onClose}>
      <p className="person">
        <Face username={username} />
        <bdi>@{username}</bdi>
        {isBot && <span className="tag">bot</span>}
      </p>
      <BlockPerson username={username} onChanged={onBlocked} />
      <div className="choices">
        <button className="button" type="button" onClick={onClose}>
          Close
        </button>
        <WriteTo username={username} onDone={onClose} />
      </div>
    </Dialog>
  );
}
