import { useDeferredValue, useState } from "react";
import { Icon } from "../ui/Icon";
import { Line } from "../ui/Line";
import { Link } from "../ui/Link";
import { Mark } from "../ui/Mark";
import { paths } from "../ui/router";
import { useServices } from "../ui/services";
import { Face } from "./Face";
import { MyName } from "./MyName";
import { Name } from "./Name";
import { NewRoom } from "./NewRoom";
import { RoomList } from "./RoomList";
import { useSignOut } from "./SignOut";
import { useMay } from "./useMay";

/** Sidebar is the rooms, and oneself. */
export function Sidebar({ current }: { current: string | undefined }) {
  const { me } = useServices();
  const may = useMay();
  const [typed, setTyped] = useState("");
  const [signOut, question] = useSignOut();
  const [making, setMaking] = useState(false);
  const [naming, setNaming] = useState(false);
  const matching = useDeferredValue(typed.trim());
  return (
    <div className="sidebar">
      <header className="sidebar-top">
        <Link className="brand" href={paths.home}>
          <Mark />
          Parley
        </Link>
        <Line />
        {may("CREATE_ROOMS") && (
          <button className="icon-button" type="button" aria-label="New room" onClick={() => setMaking(true)}>
            <Icon name="plus" />
          </button>
        )}
      </header>
      <search className="find">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Find a room"
          placeholder="Find a room"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </search>
      <nav className="browse" aria-label="Other rooms">
        <Link href={paths.browse}>Browse public rooms</Link>
      </nav>
      <RoomList matching={matching} current={current} />
      <footer className="sidebar-bottom">
        <Face username={me.username} />
        <button className="me" type="button" title="Change your name" onClick={() => setNaming(true)}>
          <Name username={me.username} />
        </button>
        <Link className="icon-button" href={paths.sessions} aria-label="Your sign-ins">
          <Icon name="devices" />
        </Link>
        <button className="icon-button" type="button" aria-label="Sign out" onClick={signOut}>
          <Icon name="leave" />
        </button>
      </footer>
      {question}
      {naming && <MyName onClose={() => setNaming(false)} />}
      {making && <NewRoom onClose={() => setMaking(false)} />}
    </div>
  );
}
