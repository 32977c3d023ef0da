/** Checks a certificate of erasure that somebody has kept as a file. It is read here and sent nowhere. */
import { useCallback, useId, useState } from "preact/hooks";
import type { PageProps } from "../context.ts";
import type { Page } from "../pages.ts";
import { checkCertificate } from "../proof/certificate.ts";
import type { Evidence, Memory } from "../proof/check.ts";
import { Json } from "../ui/json.tsx";
import { PageHead, Section } from "../ui/parts.tsx";
import { Checked } from "../ui/proof.tsx";

/** Larger than any certificate: its lists have an end. */
const MOST_BYTES = 16 * 1024 * 1024;

type Kept =
  | { readonly fault: string }
  | { readonly fault: null; readonly name: string; readonly file: unknown };

const read = async (file: File): Promise<Kept> => {
  if (file.size > MOST_BYTES) return { fault: "The file is larger than any certificate is." };
  try {
    return { fault: null, name: file.name, file: JSON.parse(await file.text()) };
  } catch {
    return { fault: "The file is not JSON, or cannot be read." };
  }
};

const said = (file: unknown): unknown =>
  typeof file === "object" && file !== null && "certificate" in file ? file.certificate : file;

const Result = ({ name, file }: { readonly name: string; readonly file: unknown }) => {
  const check = useCallback(
    (evidence: Evidence, known: Memory | null) => checkCertificate(file, evidence, known),
    [file],
  );
  return (
    <>
      <Section title={name}>
        <Checked
          check={check}
          yes="This certificate is the lake's own, and what it says stands in the lake's signed log."
          no="This certificate does not hold for this lake. Keep it, and tell somebody."
        />
      </Section>
      <Section title="What it says">
        <Json value={said(file)} />
      </Section>
    </>
  );
};

const CheckCertificate = (_: PageProps) => {
  const id = useId();
  const [kept, setKept] = useState<Kept | null>(null);
  return (
    <>
      <PageHead
        title="Check a certificate"
        lead="A certificate of erasure that was kept as a file, held against the lake's log as it is today."
      />
      <div class="drop">
        <label for={id}>The certificate</label>
        <input
          id={id}
          type="file"
          accept=".json,application/json"
          aria-describedby={`${id}-hint`}
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            if (chosen !== undefined) void read(chosen).then(setKept);
          }}
        />
        <p class="hint" id={`${id}-hint`}>
          It is read by this page, and sent nowhere.
        </p>
        {kept === null || kept.fault === null ? null : (
          <p class="error" role="alert">
            {kept.fault}
          </p>
        )}
      </div>
      {kept === null || kept.fault !== null ? null : <Result name={kept.name} file={kept.file} />}
    </>
  );
};

export const checkCertificatePage: Page = {
  path: "/certificate",
  scope: "lake",
  view: CheckCertificate,
  nav: { group: "Evidence", label: "Check a certificate" },
};
