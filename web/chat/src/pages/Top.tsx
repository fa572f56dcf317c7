import type { ReactNode } from "react";
import { Icon } from "../ui/Icon";
import { Link } from "../ui/Link";
import { paths } from "../ui/router";

type Props = { title: string; topic?: string | null | undefined; children?: ReactNode };

/** Top is the head of a page: its title, and on a phone the way back to the rooms. */
export function Top({ title, topic, children }: Props) {
  return (
    <header className="room-top">
      <Link className="icon-button only-narrow" href={paths.home} aria-label="Back to the rooms">
        <Icon name="back" />
      </Link>
      <div className="room-title">
        <h1 dir="auto" tabIndex={-1}>{title}</h1>
        {topic && <p dir="auto">{topic}</p>}
      </div>
      {children}
    </header>
  );
}
