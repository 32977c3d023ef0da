/** The frame around every page: the lake, the navigation, who asks. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useScope } from "../context.ts";
import { GROUPS, PAGES, type Page } from "../pages.ts";
import { type Place, ROOT, urlOf } from "../router.ts";
import type { Credential } from "../session.ts";
import { Identify } from "./identify.tsx";
import { LakeSwitcher } from "./lakeSwitcher.tsx";
import { Who } from "./roles.tsx";

/** Three lines of water, each fainter than the one above. */
const Mark = () => (
  <svg viewBox="0 0 32 24" width="32" height="24" aria-hidden="true" class="mark">
    <path d="M1 6c5-6 10-6 15 0s10 6 15 0" />
    <path d="M1 13c5-6 10-6 15 0s10 6 15 0" opacity="0.55" />
    <path d="M1 20c5-6 10-6 15 0s10 6 15 0" opacity="0.2" />
  </svg>
);

/** The lake's own pages only where there is a lake. */
const Navigation = ({ place, page }: { readonly place: Place; readonly page: Page }) => {
  const first = place.path.split("/")[1] ?? "";
  const isHere = (one: Page) => one === page || (one.path !== "/" && one.path === `/${first}`);
  return (
    <nav aria-label="Console">
      {GROUPS.map((group, at) => {
        const pages = PAGES.filter(
          ({ nav, scope }) => nav?.group === group && (scope === "platform" || place.lake !== null),
        );
        return pages.length === 0 ? null : (
          <div class="nav-group" key={group}>
            <p class="nav-title" id={`nav-${at}`}>
              {group}
            </p>
            <ul aria-labelledby={`nav-${at}`}>
              {pages.map((one) => (
                <li key={one.path}>
                  <a
                    href={urlOf(one.scope === "lake" ? place.lake : null, one.path)}
                    aria-current={
                      isHere(one) && (one.scope === "lake") === (place.lake !== null)
                        ? "page"
                        : undefined
                    }
                  >
                    {one.nav?.label}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
};

interface ShellProps {
  readonly place: Place;
  readonly page: Page;
  /** The one lake that the token is of. */
  readonly tokenLake: string | null;
  readonly onIdentify: (credential: Credential | null) => void;
  readonly children: ComponentChildren;
}

export const Shell = ({ place, page, tokenLake, onIdentify, children }: ShellProps) => {
  const { token } = useScope();
  const [menu, setMenu] = useState(false);
  const [asking, setAsking] = useState(false);
  const where = `${place.lake} ${place.path}`;
  // On a phone a menu that has led somewhere is done.
  useEffect(() => setMenu(false), [where]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="side">
        <div class="brand">
          <a href={ROOT} aria-label="Lethe: all lakes">
            <Mark />
            <span>Lethe</span>
          </a>
          <button
            type="button"
            class="menu"
            aria-expanded={menu}
            aria-controls="menu"
            onClick={() => setMenu(!menu)}
          >
            Menu
          </button>
        </div>
        <div id="menu" class={menu ? "side-body open" : "side-body"}>
          <LakeSwitcher lake={place.lake} tokenLake={tokenLake} />
          <Navigation place={place} page={page} />
          <div class="who">
            <p class="nav-title">You are</p>
            <Who key={`${place.lake} ${token}`} />
            <button type="button" class="quiet" onClick={() => setAsking(true)}>
              {token === null ? "Use a token" : "Change or forget the token"}
            </button>
            <a href="/docs" class="quiet">
              The API, documented
            </a>
          </div>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {asking ? (
        <Identify
          known={token !== null}
          onIdentify={(credential) => {
            setAsking(false);
            onIdentify(credential);
          }}
          onCancel={() => setAsking(false)}
        />
      ) : null}
    </div>
  );
};
