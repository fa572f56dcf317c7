import { Avatar } from "../ui/Avatar";
import { Dialog } from "../ui/Dialog";
import { BlockPerson } from "./BlockPerson";
import { WriteTo } from "./WriteTo";

/** Person is somebody whose name was chosen in a room, and what can be done about them. */
export function Person({ username, onBlocked, onClose }: { username: string; onBlocked(): void; onClose(): void }) {
  return (
    <Dialog title={username} onClose={onClose}>
      <Avatar name={username} />
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
