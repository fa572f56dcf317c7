import type { RoomKind } from "../gql/graphql";

type Named = { id: string; name: string; kind: RoomKind };

/** addressOf is what stands for a room in an address: only the names of public rooms are those of one room. */
export const addressOf = ({ id, name, kind }: Named): string => (kind === "PUBLIC" ? name : id);

/** titleOf is what a room is called to somebody: a conversation by the others in it. */
export function titleOf({ name, kind }: Named, me: string): string {
  if (kind !== "DIRECT") return name;
  const others = name.split(", ").filter((username) => username !== me);
  return others.length > 0 ? others.join(", ") : name;
}
