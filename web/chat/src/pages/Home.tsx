import { Empty } from "../ui/Empty";
import { Link } from "../ui/Link";
import { paths } from "../ui/router";

/** Home is what lies beside the rooms until one is chosen. */
export function Home() {
  return (
    <Empty title="Choose a room">
      <p>Your rooms are listed by their latest chat. Make one of your own with the plus sign, or look for one to join.</p>
      <Link className="button" href={paths.browse}>
        Browse public rooms
      </Link>
    </Empty>
  );
}
