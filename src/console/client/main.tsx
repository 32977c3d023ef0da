/** Begins the console in the page that Lethe serves. */
import { render } from "preact";
import { App } from "./app.tsx";

const root = document.getElementById("console");
if (root === null) throw new Error("the page has no place for the console");
render(<App />, root);
