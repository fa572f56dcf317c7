import { Empty } from "../ui/Empty";
import { Link } from "../ui/Link";
import { paths } from "../ui/router";
import { useMay } from "./useMay";

/** Home is what lies beside the rooms until one is chosen. */
export function Home() {
  const may = useMay();
  return (
    <Empty title="Choose a room">
      <p>
        Your rooms are listed by their latest chat.{" "}
        {may("CREATE_ROOMS") ? "Make one of your own with the plus sign, or look for one to join." : "Look for one to join."}
      </p>
      <Link className="button" href={paths.browse}>
        Browse public rooms
      </Link>
    </Empty>
  );
}
