/**
 * A lake's turns as its callers wait for them: commands commit together, and a turn that needs half
 * a key from the object store is run again with it. Nothing is awaited within a turn.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Answer } from "./answers.ts";
import type { Custody } from "./custody.ts";
import { type CommitDeps, groupCommit } from "./groupCommit.ts";
import { importUnfinished } from "./importLog.ts";
import type { HalfNeededError } from "./keyring.ts";
import type { LakeCustody } from "./lakeCustody.ts";
import type { Call, CommandOptions, LakeRequest, OpenedWork, WorkRequest } from "./lakeGateway.ts";
import type { LakeService } from "./lakeService.ts";
import type { LakeQuestion, Reply } from "./questions.ts";
import type { ReportRebuild } from "./rebuildReports.ts";
import { type Watch, watched, watchedPlans } from "./seenCommands.ts";

export interface LakeTurns {
  /** `weight`: of the command, in characters. */
  command(
    call: Call,
    request: LakeRequest,
    options: CommandOptions | null,
    weight: number,
  ): Promise<Result<Answer, Rejection>>;
  /** Plans work. */
  open(call: Call, request: WorkRequest): Promise<Result<OpenedWork, Rejection>>;
  ask(call: Call, question: LakeQuestion): Promise<Result<Reply, Rejection>>;
}

export interface TurnDeps {
  readonly service: LakeService;
  readonly custody: Custody;
  readonly reapply: LakeCustody["reapply"];
  readonly rebuild: ReportRebuild;
  readonly commit: CommitDeps;
  /** Whether the log is still coming from elsewhere. */
  importing(): boolean;
  /** Told of every command once it has ended. */
  readonly watch: Watch;
  readonly now_ms: () => number;
}

/** What one batch of a dataset that is consumed adds to a transaction, by the measure of weights. */
const GRANT_WEIGHT = 4 * 1024;

/** Of a command of so many characters. One that grants many batches weighs more than its text. */
export const weightOf = (request: LakeRequest, characters: number): number =>
  request.type === "ConsumeDataset" ? characters + request.limit * GRANT_WEIGHT : characters;

export const lakeTurns = ({
  service,
  custody,
  reapply,
  rebuild,
  commit,
  importing,
  watch,
  now_ms,
}: TurnDeps): LakeTurns => {
  const together = groupCommit<Result<Answer, Rejection> | HalfNeededError>(commit);
  const watching = watched(watch, now_ms);
  const watchingPlans = watchedPlans(watch, now_ms);
  return {
    command(call, request, options, weight) {
      const { lake_id, correlation_id: request_id } = call;
      return watching({ lake_id, request_id, command: request.type }, () =>
        custody.supply(lake_id, (halves) =>
          together(
            () => {
              // One that came before the import began may have waited behind it.
              if (importing()) return importUnfinished();
              return service.turn(halves, () =>
                service.command(call, request, options ?? undefined),
              );
            },
            weightOf(request, weight),
          ),
        ),
      );
    },
    async ask(call, question) {
      if (question.kind === "reapply_erasures") return reapply(call);
      if (question.kind === "rebuild_reports") return rebuild(call, question.database);
      if (question.kind === "wrapping") {
        const answered = service.rotation.answer(call, question.rewrap);
        return answered.ok ? ok({ kind: "wrapping", ...answered.value }) : answered;
      }
      return custody.supply(call.lake_id, (halves) =>
        service.turn(halves, () => service.ask(call, question)),
      );
    },
    open: (call, request) =>
      watchingPlans(call, request.kind, () =>
        custody.supply(call.lake_id, (halves) =>
          service.turn(halves, () => service.open(call, request)),
        ),
      ),
  };
};
