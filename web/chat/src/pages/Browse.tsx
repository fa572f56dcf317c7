import { useQuery } from "urql";
import { failureOf } from "../api/failure";
import { describe } from "../api/messages";
import { PublicRoomsDocument } from "../gql/graphql";
import { Link } from "../ui/Link";
import { Problem } from "../ui/Problem";
import { paths } from "../ui/router";
import { Skeleton } from "../ui/Skeleton";
import { JoinRoom } from "./JoinRoom";
import { Top } from "./Top";
import { useMay } from "./useMay";

/** Browse is the public rooms, to be read and joined. */
export function Browse() {
  const [{ data, error }] = useQuery({ query: PublicRoomsDocument, requestPolicy: "cache-and-network" });
  const may = useMay();
  const rooms = data?.rooms?.nodes.filter(({ kind }) => kind === "PUBLIC");
  return (
    <>
      <Top title="Public rooms" />
      <div className="sheet">
        <p>Everybody may read these. Those you join are in your list.</p>
        {!rooms && error && <Problem>{describe(failureOf(error))}</Problem>}
        {!rooms && !error && <Skeleton lines={5} label="The rooms are loading" />}
        {rooms?.length === 0 && <p>There is none yet.{may("CREATE_ROOMS") && " Make the first one with the plus sign."}</p>}
        {rooms && rooms.length > 0 && (
          <ul className="sessions" aria-label="Public rooms">
            {rooms.map((room) => (
              <li key={room.id} className="session">
                <div>
                  <h2>
                    <Link href={paths.room(room.name)}>
                      <bdi>{room.name}</bdi>
                    </Link>
                    {!room.allowedActions.includes("JOIN") && <span className="tag">joined</span>}
                  </h2>
                  {room.topic && <p dir="auto">{room.topic}</p>}
                  <p>{room.memberCount === 1 ? "1 member" : `${room.memberCount} members`}</p>
                </div>
                <JoinRoom room={room} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}
