/** What objects of each format are labelled as in the store: the same as when they are served. */
export { contentType } from "../application/contentTypes.ts";
