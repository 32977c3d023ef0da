/** A proof as it was checked here, step by step, with its verdict above. */
import { useEffect, useState } from "preact/hooks";
import { noAnswer, type Problem } from "../api/problem.ts";
import { useScope } from "../context.ts";
import { quietly } from "../hooks.ts";
import type { Evidence, Memory, Proof } from "../proof/check.ts";
import { evidenceFrom, Refused, remember, remembered } from "../proof/evidence.ts";
import { Refusal, Waiting } from "./parts.tsx";

const MARKS = { held: "✓", failed: "✗", unknown: "?" } as const;
const SAID = { held: "holds", failed: "does not hold", unknown: "not checked" } as const;

interface StepsProps {
  readonly proof: Proof;
  /** What it shows when every step holds, and when one does not. */
  readonly yes: string;
  readonly no: string;
}

const Steps = ({ proof, yes, no }: StepsProps) => (
  <>
    <p class={proof.holds ? "verdict held" : "verdict failed"} role="status">
      {proof.holds ? yes : no}
    </p>
    <ol class="proof">
      {proof.steps.map(({ title, state, detail }) => (
        <li key={title} class={state}>
          <span class="proof-mark" aria-hidden="true">
            {MARKS[state]}
          </span>
          <div>
            <strong>{title}</strong> <span class="unseen">{SAID[state]}</span>
            <p>{detail}</p>
          </div>
        </li>
      ))}
    </ol>
  </>
);

interface CheckedProps extends Omit<StepsProps, "proof"> {
  /** Made anew it is checked anew. */
  readonly check: (evidence: Evidence, known: Memory | null) => Promise<Proof>;
}

/** Checks, and shows how it went. What holds is what this browser knows of the lake from now on. */
export const Checked = ({ check, yes, no }: CheckedProps) => {
  const { api, lake } = useScope();
  const [proof, setProof] = useState<Proof | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    setProof(null);
    setProblem(null);
    const run = async () => {
      try {
        const checked = await check(evidenceFrom(api, signal), remembered(lake));
        setProof(checked);
        if (checked.memory !== null) remember(lake, checked.memory);
      } catch (error) {
        if (signal.aborted) return;
        setProblem(error instanceof Refused ? error.problem : noAnswer());
      }
    };
    quietly(run(), signal);
    return () => controller.abort();
  }, [check, api, lake]);
  if (problem !== null) return <Refusal problem={problem} />;
  return proof === null ? <Waiting what="Checking" /> : <Steps proof={proof} yes={yes} no={no} />;
};
