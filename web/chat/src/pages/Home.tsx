import { Empty } from "../ui/Empty";

/** Home is what lies beside the rooms until one is chosen. */
export function Home() {
  return (
    <Empty title="Choose a room">
      <p>The rooms are listed by their latest chat. Or make one of your own with the plus sign.</p>
    </Empty>
  );
}
