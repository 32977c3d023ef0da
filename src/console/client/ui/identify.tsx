/** Asks for a token. It is never shown again, and kept only where the reader says so. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { type Credential, tokenIn } from "../session.ts";

interface IdentifyProps {
  readonly known: boolean;
  readonly onIdentify: (credential: Credential | null) => void;
  readonly onCancel: () => void;
}

export const Identify = ({ known, onIdentify, onCancel }: IdentifyProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [pasted, setPasted] = useState("");
  const [kept, setKept] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = () => {
    const token = tokenIn(pasted);
    if (token === null) setFault("This is no token: paste it whole, without anything around it.");
    else onIdentify({ token, kept });
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={`${id}-title`}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <h2 id={`${id}-title`}>Who asks</h2>
        <p>
          A token of your organisation's issuer, or an API token of a lake. Behind Cloudflare Access
          you need none.
        </p>
        <div class="field">
          <label for={`${id}-token`}>Token</label>
          <input
            id={`${id}-token`}
            type="password"
            autocomplete="off"
            spellcheck={false}
            aria-invalid={fault !== null}
            {...(fault === null ? {} : { "aria-describedby": `${id}-fault` })}
            value={pasted}
            onInput={(event) => setPasted(event.currentTarget.value)}
          />
          {fault === null ? null : (
            <p class="error" id={`${id}-fault`} role="alert">
              {fault}
            </p>
          )}
        </div>
        <label class="tick">
          <input
            type="checkbox"
            checked={kept}
            onChange={(event) => setKept(event.currentTarget.checked)}
          />
          Keep it in this tab until I close it. Otherwise a reload forgets it.
        </label>
        <div class="form-end">
          <button type="submit" class="primary">
            Use it
          </button>
          {known ? (
            <button type="button" onClick={() => onIdentify(null)}>
              Forget the token
            </button>
          ) : null}
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
};
