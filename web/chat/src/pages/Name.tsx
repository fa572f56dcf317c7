import { use } from "react";
import { CrowdContext, usePeople } from "./usePeople";

type Props = {
  username: string;
  /** The whole name is shown, and the username wherever it is another. */
  full?: boolean;
};

/** Name is what somebody is called, with their username where others may be called the same, and whether they are a bot. */
export function Name({ username, full }: Props) {
  const { name, short, isBot, shared } = usePeople().of(username);
  const crowded = use(CrowdContext);
  return (
    <span className="name">
      <bdi>{full ? name : short}</bdi>
      {(shared || ((full || crowded) && name !== username)) && (
        <>
          {" "}
          <bdi className="username">@{username}</bdi>
        </>
      )}
      {isBot && (
        <>
          {" "}
          <span className="tag">bot</span>
        </>
      )}
    </span>
  );
}
