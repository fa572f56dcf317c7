import { useLayoutEffect, useRef } from "react";
import { Announcer } from "../ui/Announcer";
import { paths, useRoute, type Route } from "../ui/router";
import { Browse } from "./Browse";
import { Home } from "./Home";
import { Join } from "./Join";
import { Lost } from "./Lost";
import { RoomPage } from "./RoomPage";
import { Sessions } from "./Sessions";
import { Sidebar } from "./Sidebar";

/** Shell is the rooms at one side and a page at the other; where it is narrow, one of the two. */
export function Shell() {
  const route = useRoute();
  useArrival(route);
  return (
    <Announcer>
      <div className="shell" data-page={route.page}>
        <Sidebar current={route.page === "room" ? route.name : undefined} />
        <main className="pane">
          {route.page === "home" && <Home />}
          {route.page === "room" && <RoomPage key={route.name} route={route} />}
          {route.page === "browse" && <Browse />}
          {route.page === "join" && <Join />}
          {route.page === "sessions" && <Sessions />}
          {route.page === "lost" && <Lost />}
        </main>
      </div>
    </Announcer>
  );
}

// Who follows a link that is then no longer there, or no longer shown, comes to the title of the page, and
// back among the rooms to the one they were in.
function useArrival(route: Route): void {
  const before = useRef(route);
  useLayoutEffect(() => {
    const from = before.current;
    before.current = route;
    const at = document.activeElement;
    if (at && at !== document.body && at.checkVisibility()) return;
    const left = from.page === "room" && route.page === "home" ? paths.room(from.name) : undefined;
    const links = [...document.querySelectorAll<HTMLElement>(".room-link")];
    const link = links.find((room) => room.getAttribute("href") === left && room.checkVisibility());
    (link ?? document.querySelector<HTMLElement>(".pane h1"))?.focus();
  }, [route]);
}
