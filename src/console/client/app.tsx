/** The console as a whole: who asks, about which lake, on which page. */
import { useCallback, useMemo, useState } from "preact/hooks";
import { ScopeContext, scopeOf } from "./context.ts";
import { PAGES, type Page } from "./pages.ts";
import { usePlace } from "./place.ts";
import { find } from "./router.ts";
import { type Credential, keepCredential, keptCredential, lakeOfToken } from "./session.ts";
import { PageHead } from "./ui/parts.tsx";
import { Shell } from "./ui/shell.tsx";
import { SayContext, type Toast, Toasts, withToast } from "./ui/toasts.tsx";

const NotFound = () => (
  <PageHead title="No such page" lead="The address leads nowhere in this console." />
);

const missing: Page = { path: "", scope: "platform", view: NotFound };

/** Pages across lakes, and those within one, of which the address names one or the other. */
const pageAt = (lake: string | null, path: string) =>
  find(
    PAGES.filter(({ scope }) => scope === (lake === null ? "platform" : "lake")),
    path,
  ) ?? { page: missing, params: {} };

export const App = () => {
  const place = usePlace();
  const [credential, setCredential] = useState(() => keptCredential(sessionStorage));
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const token = credential?.token ?? null;
  const scope = useMemo(() => scopeOf(place.lake, token), [place.lake, token]);
  const say = useCallback((text: string) => setToasts((before) => withToast(before, text)), []);
  const identify = (next: Credential | null) => {
    keepCredential(sessionStorage, next);
    setCredential(next);
  };
  const { page, params } = pageAt(place.lake, place.path);
  const View = page.view;
  return (
    <ScopeContext.Provider value={scope}>
      <SayContext.Provider value={say}>
        <Shell place={place} page={page} tokenLake={lakeOfToken(token)} onIdentify={identify}>
          <View key={`${token} ${place.lake} ${place.path}`} params={params} query={place.query} />
        </Shell>
        <Toasts
          toasts={toasts}
          onClose={(id) => setToasts((before) => before.filter((toast) => toast.id !== id))}
        />
      </SayContext.Provider>
    </ScopeContext.Provider>
  );
};
