/** The API browser: Swagger UI from the bundle, so that it needs no network. */

import style from "swagger-ui-dist/swagger-ui.css";
import script from "swagger-ui-dist/swagger-ui-bundle.js";

export const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lethe API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true,
  validatorUrl: null, tryItOutEnabled: true });
`;

/** What a page is made of, by path. */
export type Files = Readonly<Record<string, { readonly type: string; readonly body: string }>>;

/** Everything the page loads. */
export const docsFiles: Files = {
  "/docs": { type: "text/html; charset=utf-8", body: docsPage },
  "/docs/swagger-ui.css": { type: "text/css; charset=utf-8", body: style },
  "/docs/swagger-ui.js": { type: "text/javascript; charset=utf-8", body: script },
  "/docs/start.js": { type: "text/javascript; charset=utf-8", body: start },
};
