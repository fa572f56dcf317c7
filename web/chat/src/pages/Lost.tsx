import { Empty } from "../ui/Empty";
import { Link } from "../ui/Link";
import { paths } from "../ui/router";

/** Lost is an address that means nothing. */
export function Lost() {
  return (
    <Empty title="There is no such page">
      <Link className="button" href={paths.home}>
        To the rooms
      </Link>
    </Empty>
  );
}
