import { useEffect, useRef, useState } from "react";
import { useStore } from "../api/store";
import { History, type View } from "../chat/history";
import type { Route } from "../ui/router";
import { useServices } from "../ui/services";

/**
 * useHistory is a room, followed as long as the component lives. Who goes to the address once more tries again: a
 * room that one was taken out of may be open to them again.
 */
export function useHistory(route: Route & { page: "room" }): [History, View] {
  const { client, line, me } = useServices();
  const [history] = useState(() => new History(client, route.name, me.id));
  useEffect(() => {
    history.start();
    return history.stop;
  }, [history]);
  useEffect(() => line.times.subscribe(history.again), [line, history]);
  const came = useRef(route);
  useEffect(() => {
    if (came.current !== route && history.view.get().failure) history.start();
    came.current = route;
  }, [route, history]);
  const view = useStore(history.view);
  const failed = view.failure;
  useEffect(() => {
    if (!failed) return undefined;
    const timer = setTimeout(history.again, 2000);
    return () => clearTimeout(timer);
  }, [history, failed]);
  return [history, view];
}
