import { useId } from "react";
import { useMutation } from "urql";
import type { Room } from "../chat/pages";
import { CreateInviteDocument, DeleteInviteDocument, type MembersQuery } from "../gql/graphql";
import { paths } from "../ui/router";
import type { Done } from "./MemberRow";

type Props = { room: Room; invites: NonNullable<NonNullable<MembersQuery["room"]>["invites"]>; done: Done };

/** Invites are the links that let people into a room. */
export function Invites({ room, invites, done }: Props) {
  const [, create] = useMutation(CreateInviteDocument);
  const [, end] = useMutation(DeleteInviteDocument);
  const heading = useId();
  const make = (uses: number) => async () => done(await create({ room: room.id, uses }));
  return (
    <section className="invites" aria-labelledby={heading}>
      <h3 id={heading}>Invite by link</h3>
      <p className="hint">Whoever has a link can join, and sees the whole history.</p>
      <ul>
        {invites.map(({ id, code, usesLeft }) => (
          <li key={id} className="invite">
            <label>
              <span className="hint">{usesLeft === null ? "For anybody" : usesLeft === 1 ? "For one person" : `For ${usesLeft} people`}</span>
              <input readOnly value={location.origin + paths.invite(code)} onFocus={(event) => event.target.select()} />
            </label>
            <button className="button" type="button" onClick={async () => done(await end({ invite: id }))}>
              End
            </button>
          </li>
        ))}
      </ul>
      <div className="choices">
        <button className="button" type="button" onClick={make(1)}>
          Link for one person
        </button>
        <button className="button" type="button" onClick={make(0)}>
          Link for anybody
        </button>
      </div>
    </section>
  );
}
