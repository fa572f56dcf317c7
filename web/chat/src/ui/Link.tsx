import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { go } from "./router";

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & { href: string };

/** Link goes to another page of the chat without loading it anew. */
export function Link({ href, children, ...rest }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return; // another tab or window
    event.preventDefault();
    go(href);
  };
  return (
    <a {...rest} href={href} onClick={follow}>
      {children}
    </a>
  );
}
