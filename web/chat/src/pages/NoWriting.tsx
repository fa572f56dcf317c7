import type { Room } from "../chat/pages";

/** NoWriting says why there is no box to write in. */
export function NoWriting({ room: { kind, sendRole } }: { room: Room }) {
  if (kind === "DIRECT") return <p className="room-note">Nobody can write here while one of you has blocked the other.</p>;
  return <p className="room-note">{sendRole === "OWNER" ? "Only owners write here." : "Only admins and owners write here."}</p>;
}
