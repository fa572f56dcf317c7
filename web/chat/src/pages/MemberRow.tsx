import { useMutation, type CombinedError } from "urql";
import type { Room } from "../chat/pages";
import { RemoveMemberDocument, SetRoleDocument, type MembersQuery, type Role, type RoomAction } from "../gql/graphql";
import { useServices } from "../ui/services";
import { Face } from "./Face";
import { Name } from "./Name";
import { usePeople } from "./usePeople";
import { WriteTo } from "./WriteTo";

/** Done takes in what came of a change, and returns whether it was made. */
export type Done = (result: { error?: CombinedError | undefined }) => boolean;

type Member = NonNullable<MembersQuery["room"]>["members"]["nodes"][number];
type Props = { room: Room; member: Member; may: ReadonlySet<RoomAction>; done: Done; onClose(): void };

const names: Record<Role, string> = { OWNER: "Owner", ADMIN: "Admin", MEMBER: "Member" };

/** MemberRow is one member of a room. */
export function MemberRow({ room, member: { role, user }, may, done, onClose }: Props) {
  const { me } = useServices();
  const [, remove] = useMutation(RemoveMemberDocument);
  const [, setRole] = useMutation(SetRoleDocument);
  const { username, isDisabled } = user;
  const title = usePeople().title(username, true);
  const mine = user.id === me.id;
  const removable = !mine && may.has("MANAGE_MEMBERS") && (may.has("SET_ROLES") || role === "MEMBER");
  return (
    <div className="member">
      <Face username={username} />
      <span className="member-name">
        <Name username={username} full /> {isDisabled && <span className="tag">disabled</span>}
      </span>
      {may.has("SET_ROLES") ? (
        <select
          aria-label={`Role of ${title}`}
          value={role}
          onChange={async (event) => done(await setRole({ room: room.id, user: user.id, role: event.target.value as Role }))}
        >
          {Object.entries(names).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        role !== "MEMBER" && <span className="tag">{names[role]}</span>
      )}
      {!mine && room.kind !== "DIRECT" && <WriteTo username={username} onDone={onClose} />}
      {removable && (
        <button
          className="button danger"
          type="button"
          aria-label={`Remove ${title}`}
          onClick={async () => done(await remove({ room: room.id, user: user.id }))}
        >
          Remove
        </button>
      )}
    </div>
  );
}
