/** A new contract, or a new version of one that there is. */
import type { Contract } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { PageHead, Refusal, Waiting } from "../ui/parts.tsx";
import { ContractForm } from "./contractForm.tsx";

const NewContract = ({ query }: PageProps) => (
  <>
    <PageHead
      title="New contract"
      lead="Rules are checked and strategies applied to every cell. A steward approves it."
    />
    <ContractForm contract={null} etag={null} dataset={query.dataset ?? ""} />
  </>
);

const EditContract = ({ params }: PageProps) => {
  const id = params.id ?? "";
  const question = useQuestion<Contract>(`/contracts/${encodeURIComponent(id)}`);
  return (
    <>
      <PageHead
        title={`Change ${id}`}
        lead="A contract is changed as a whole, and is to be approved anew. What is published stays as it is until a replay."
      />
      {question.state === "loading" ? (
        <Waiting />
      ) : question.state === "failed" ? (
        <Refusal problem={question.problem} retry={question.reload} />
      ) : (
        <ContractForm
          contract={question.body}
          etag={question.etag}
          dataset={question.body.dataset}
        />
      )}
    </>
  );
};

export const newContractPage: Page = { path: "/new-contract", scope: "lake", view: NewContract };

export const editContractPage: Page = {
  path: "/contracts/:id/change",
  scope: "lake",
  view: EditContract,
};
