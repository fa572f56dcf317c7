import { memo } from "react";
import type { RoomRowFragment } from "../gql/graphql";
import { Link } from "../ui/Link";
import { paths } from "../ui/router";
import { lately, moment } from "../ui/time";

type Props = {
  room: RoomRowFragment;
  current: boolean;
  /** Something is written there and not sent. */
  begun: boolean;
};

/** RoomLink is one room of the list with its latest chat. */
export const RoomLink = memo(function RoomLink({ room: { name, topic, lastChat, createdAt }, current, begun }: Props) {
  const at = lastChat?.createdAt ?? createdAt;
  return (
    <Link className="room-link" href={paths.room(name)} aria-current={current ? "page" : undefined}>
      <bdi className="room-name">{name}</bdi>
      <time dateTime={at} title={moment(at)}>
        {lately(at)}
      </time>
      <span className="room-last">
        {begun && !current && <span className="begun">Draft · </span>}
        {lastChat && (
          <>
            <bdi>{lastChat.username}</bdi>
            {": "}
          </>
        )}
        <bdi>{lastChat ? (lastChat.text ?? "deleted") : (topic ?? "Nothing said yet")}</bdi>
      </span>
    </Link>
  );
});
