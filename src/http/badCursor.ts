/** What a list answers to a cursor that is none of its own. */
import { HttpProblem } from "./problem.ts";

export const badCursor = (): HttpProblem =>
  new HttpProblem({
    status: 422,
    code: "bad-cursor",
    detail: "The cursor is none that a list has given.",
    errors: [{ path: "cursor", message: "take it from next_cursor, unchanged" }],
  });
