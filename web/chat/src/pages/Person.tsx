import { Avatar } from "../ui/Avatar";
import { Dialog } from "../ui/Dialog";
import { WriteTo } from "./WriteTo";

/** Person is somebody whose name was chosen in a room, and what can be done about them. */
export function Person({ username, onClose }: { username: string; onClose(): void }) {
  return (
    <Dialog title={username} onClose={onClose}>
      <Avatar name={username} />
      <div className="choices">
        <button className="button" type="button" onClick={onClose}>
          Close
        </button>
        <WriteTo username={username} onDone={onClose} />
      </div>
    </Dialog>
  );
}
