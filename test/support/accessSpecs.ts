/** What the specs of requests for access have in common. */
import { subjectAccessId } from "../../src/contracts/fields.ts";
import { decideSubjectAccess } from "../../src/domain/subjectAccess/decide.ts";
import {
  evolveSubjectAccess,
  initialSubjectAccess,
} from "../../src/domain/subjectAccess/subjectAccess.ts";
import { deciderSpec } from "./deciderSpec.ts";

export const given = deciderSpec(
  { decide: decideSubjectAccess, evolve: evolveSubjectAccess, initialState: initialSubjectAccess },
  { erasing: false },
);

export const subject_access_id = subjectAccessId.parse("a1");
export const DEADLINE = "2026-12-23T12:00:00.000Z";
