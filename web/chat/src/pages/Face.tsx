import { Avatar } from "../ui/Avatar";
import { usePeople } from "./usePeople";

/** Face is somebody's picture: the beginning of what they are called. */
export const Face = ({ username }: { username: string }) => <Avatar name={usePeople().of(username).name} username={username} />;
