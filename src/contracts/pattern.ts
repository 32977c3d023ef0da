export { patternIssues } from "../data/quality/pattern.ts";
