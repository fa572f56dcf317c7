import { useStore } from "../api/store";
import { useServices } from "./services";

const words = {
  connecting: "Connecting…",
  live: "Live",
  lost: "Reconnecting…",
  offline: "Offline",
};

/** Line shows whether what is seen is what there is. */
export function Line() {
  const link = useStore(useServices().line.link);
  return (
    <p className="line" data-link={link} role="status">
      <span className="visually-hidden">Connection: </span>
      {words[link]}
    </p>
  );
}
