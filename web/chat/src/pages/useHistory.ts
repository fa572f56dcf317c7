import { useEffect, useState } from "react";
import { useStore } from "../api/store";
import { History, type View } from "../chat/history";
import { useServices } from "../ui/services";

/** useHistory is a room, followed as long as the component lives. */
export function useHistory(name: string): [History, View] {
  const { client, connection } = useServices();
  const [history] = useState(() => new History(client, name));
  useEffect(() => {
    history.start();
    return history.stop;
  }, [history]);
  useEffect(() => connection.times.subscribe(history.again), [connection, history]);
  const view = useStore(history.view);
  const failed = view.failure;
  useEffect(() => {
    if (!failed) return undefined;
    const timer = setTimeout(history.again, 2000);
    return () => clearTimeout(timer);
  }, [history, failed]);
  return [history, view];
}
