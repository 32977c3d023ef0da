/** What can be decided about a request to be forgotten, as far as it has come. */
import { useState } from "preact/hooks";
import type { Recorded } from "../api/types.ts";
import { moment } from "../format.ts";
import { useCommand } from "../hooks.ts";
import {
  type DeletionRequest,
  EXCEPTIONS,
  HOLD_GROUNDS,
  isOwed,
  REJECT_GROUNDS,
} from "../requests.ts";
import { Allowed, PRIVACY } from "../ui/allowed.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Decide, REASON } from "../ui/decide.tsx";
import { Field, FormRefusal, useForm } from "../ui/form.tsx";
import { LakeLink } from "../ui/parts.tsx";
import { Cell, Rows } from "../ui/rows.tsx";
import { useSay } from "../ui/toasts.tsx";

interface CommandsProps {
  readonly deletion: DeletionRequest;
  readonly etag: string | null;
  readonly onEnd: () => void;
}

interface Withholding {
  readonly dataset: string;
  readonly ground: string;
  readonly until: string;
}

const fresh = (): Withholding => ({ dataset: "", ground: "Art. 17(3)(b)", until: "" });

const WithholdRow = ({
  row,
  set,
}: {
  readonly row: Withholding;
  readonly set: (change: Partial<Withholding>) => void;
}) => (
  <>
    <Cell label="Dataset" value={row.dataset} onInput={(dataset) => set({ dataset })} />
    <Cell
      label="Ground"
      value={row.ground}
      options={EXCEPTIONS}
      onInput={(ground) => set({ ground })}
    />
    <Cell
      label="Until"
      value={row.until}
      placeholder="2030-12-31"
      onInput={(until) => set({ until })}
    />
  </>
);

const Execute = ({ deletion, etag, onEnd }: CommandsProps) => {
  const [asking, setAsking] = useState(false);
  const [withheld, setWithheld] = useState<readonly Withholding[]>([]);
  const form = useForm({ reason: "" });
  const command = useCommand();
  const say = useSay();
  const goesOn = deletion.status === "failed";
  const unsearched = deletion.not_searched ?? [];
  const end = () => {
    setAsking(false);
    command.clear();
    onEnd();
  };
  const execute = async () => {
    const { reason } = form.values;
    const kept = withheld.map((one) => ({ ...one, until: moment(one.until) }));
    const begun = await command.run<Recorded>(
      `/deletions/${deletion.deletion_id}/execute`,
      {
        ...(reason === "" ? {} : { reason }),
        ...(kept.length === 0 ? {} : { withhold: kept }),
      },
      etag === null ? {} : { etag },
    );
    if (begun === null) return;
    say(begun.body.message);
    for (const warning of begun.body.warnings) say(warning);
    end();
  };
  const { problem } = command;
  return (
    <>
      <button type="button" class="primary" onClick={() => setAsking(true)}>
        {goesOn ? "Go on with it…" : "Carry it out…"}
      </button>
      {asking ? (
        <Confirm
          title={goesOn ? "Go on with the erasure?" : "Erase this person?"}
          act="Erase for good"
          busy={command.busy}
          problem={null}
          onConfirm={execute}
          onCancel={end}
        >
          <p>
            Their rows go out of every batch of every dataset that names its persons, and out of
            what was published and exported; uploads with their id are deleted; at last their key is
            destroyed, and with it all that was sealed. <strong>Nobody can undo that</strong>, nor
            reject the request once it has begun.
          </p>
          {unsearched.length === 0 ? null : (
            <p>
              {`It will not search ${unsearched.join(", ")}: no column says there whose a row is. Somebody has to look.`}
            </p>
          )}
          {problem === null ? null : <FormRefusal problem={problem} fields={["reason"]} />}
          <Field form={form} name="reason" label="Reason" kind="lines" problem={problem} />
          {goesOn ? null : (
            <Rows
              legend="Kept for now"
              hint="Datasets that a law has you keep, and until when (Art. 17(3)): erased then by itself."
              rows={withheld}
              onChange={setWithheld}
              fresh={fresh}
              add="Keep a dataset for now"
              row={(row, set) => <WithholdRow row={row} set={set} />}
            />
          )}
        </Confirm>
      ) : null}
    </>
  );
};

const Identity = ({ deletion, etag, onEnd }: CommandsProps) => {
  const path = `/deletions/${deletion.deletion_id}/identity`;
  return (
    <>
      {deletion.identity === "questioned" ? null : (
        <Decide
          label="Ask who it is"
          title="Ask for proof of who asks?"
          path={path}
          etag={etag}
          body={{ verified: false }}
          fields={[REASON]}
          onEnd={onEnd}
        >
          Until it is confirmed the request is not carried out (Art. 12(6)). The time to answer goes
          on running.
        </Decide>
      )}
      {deletion.identity === "verified" ? null : (
        <Decide
          label="Confirm who it is"
          title="Confirm who asks?"
          path={path}
          etag={etag}
          body={{ verified: true }}
          fields={[REASON]}
          onEnd={onEnd}
        >
          The person has shown who they are.
        </Decide>
      )}
    </>
  );
};

const Holding = ({ deletion, etag, onEnd }: CommandsProps) => {
  const path = `/deletions/${deletion.deletion_id}`;
  return deletion.status === "held" ? (
    <Decide
      label="End the hold"
      title="End the hold?"
      path={`${path}/release`}
      etag={etag}
      fields={[REASON]}
      onEnd={onEnd}
    >
      An erasure that had begun goes on from where it was.
    </Decide>
  ) : (
    <Decide
      label="Put on hold"
      title="Put the request on hold?"
      path={`${path}/hold`}
      etag={etag}
      fields={[
        REASON,
        { name: "ground", label: "Ground in law", options: HOLD_GROUNDS },
        {
          name: "until",
          label: "Until",
          kind: "datetime-local",
          hint: "By your clock. Left out, only a person ends it.",
        },
      ]}
      onEnd={onEnd}
    >
      It is not carried out meanwhile. The deadline goes on running.
    </Decide>
  );
};

export const DeletionCommands = (props: CommandsProps) => {
  const { deletion, etag, onEnd } = props;
  const { deletion_id, status, extended, erasure } = deletion;
  const path = `/deletions/${deletion_id}`;
  return (
    <div class="actions">
      {status === "completed" ? (
        <LakeLink to={`${path}/certificate`} class="button primary">
          The certificate
        </LakeLink>
      ) : null}
      {isOwed(deletion) ? (
        <Allowed roles={PRIVACY} to="decides on requests">
          {status === "pending" || status === "failed" ? <Execute {...props} /> : null}
          <Holding {...props} />
          {extended ? null : (
            <Decide
              label="Extend"
              title="Extend by two months?"
              path={`${path}/extend`}
              etag={etag}
              fields={[REASON]}
              onEnd={onEnd}
            >
              Once, within the first month, for requests that are many or involved; the person has
              to be told so, and why, within that month (Art. 12(3)).
            </Decide>
          )}
          {erasure === null ? <Identity {...props} /> : null}
          {erasure === null ? (
            <Decide
              label="Reject"
              title="Reject the request?"
              path={`${path}/reject`}
              etag={etag}
              fields={[REASON, { name: "ground", label: "Ground in law", options: REJECT_GROUNDS }]}
              onEnd={onEnd}
            >
              Nothing is erased, and that cannot be taken back. The person has to be told why, and
              what they can do about it (Art. 12(4)): the request shows it then.
            </Decide>
          ) : null}
        </Allowed>
      ) : null}
    </div>
  );
};
