import { useRoute } from "../ui/router";
import { Announcer } from "../ui/Announcer";
import { Home } from "./Home";
import { Lost } from "./Lost";
import { RoomPage } from "./RoomPage";
import { Sessions } from "./Sessions";
import { Sidebar } from "./Sidebar";

/** Shell is the rooms at one side and a page at the other; where it is narrow, one of the two. */
export function Shell() {
  const route = useRoute();
  return (
    <Announcer>
      <div className="shell" data-page={route.page}>
        <Sidebar current={route.page === "room" ? route.name : undefined} />
        <main className="pane">
          {route.page === "home" && <Home />}
          {route.page === "room" && <RoomPage key={route.name} name={route.name} />}
          {route.page === "sessions" && <Sessions />}
          {route.page === "lost" && <Lost />}
        </main>
      </div>
    </Announcer>
  );
}
