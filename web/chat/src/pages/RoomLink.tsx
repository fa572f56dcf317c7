import { memo } from "react";
import type { RoomRowFragment } from "../gql/graphql";
import { addressOf, titleOf } from "../chat/naming";
import type { Count } from "../chat/unread";
import { plain } from "../markdown/plain";
import { useServices } from "../ui/services";
import { Link } from "../ui/Link";
import { paths } from "../ui/router";
import { lately, moment } from "../ui/time";
import { Name } from "./Name";
import { usePeople } from "./usePeople";

const most = 100; // letters

type Props = {
  room: RoomRowFragment;
  current: boolean;
  /** Something is written there and not sent. */
  begun: boolean;
} & Count;

/** RoomLink is one room of the list with its latest chat. */
export const RoomLink = memo(function RoomLink({ room, current, begun, unread, mentions }: Props) {
  const { topic, lastChat, createdAt } = room;
  const { me } = useServices();
  const at = lastChat?.createdAt ?? createdAt;
  return (
    <Link className="room-link" href={paths.room(addressOf(room))} aria-current={current ? "page" : undefined}>
      <bdi className="room-name">{titleOf(room, me.username, usePeople())}</bdi>
      <time dateTime={at} title={moment(at)}>
        {lately(at)}
      </time>
      <span className="room-last">
        {begun && !current && <span className="begun">Draft · </span>}
        {lastChat && (
          <>
            <Name username={lastChat.username} />
            {": "}
          </>
        )}
        <bdi>{lastChat ? (lastChat.text === null ? "deleted" : plain(lastChat.text, most)) : (topic ?? "Nothing said yet")}</bdi>
      </span>
      {unread > 0 && !current && <Badges unread={unread} mentions={mentions} />}
    </Link>
  );
});

// What is unread in a room that is not open, and how much of it is for oneself.
const Badges = ({ unread, mentions }: Count) => (
  <span className="badges">
    {mentions > 0 && (
      <span className="badge mention" title="For you">
        @<span className="visually-hidden"> for you: </span>
        {some(mentions)}
      </span>
    )}{" "}
    <span className="badge">
      {some(unread)}
      <span className="visually-hidden"> unread</span>
    </span>
  </span>
);

const some = (count: number) => (count < 100 ? count : "99+");
