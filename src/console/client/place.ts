/** Where the reader is: listens to the address bar, and takes over links within the console. */
import { useEffect, useState } from "preact/hooks";
import { type Place, placeOf, ROOT } from "./router.ts";

const MOVED = "lethe:moved";

const here = (): Place => placeOf(location.pathname, location.search);

/** Goes to a place of the console; `replace` leaves no step to go back to. */
export const go = (url: string, replace = false): void => {
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  dispatchEvent(new Event(MOVED));
};

const isPlain = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

const onClick = (event: MouseEvent): void => {
  if (event.defaultPrevented || !isPlain(event) || !(event.target instanceof Element)) return;
  const link = event.target.closest("a");
  if (link === null || link.target !== "" || link.hasAttribute("download")) return;
  const url = new URL(link.href, location.href);
  const within = url.pathname === ROOT || url.pathname.startsWith(`${ROOT}/`);
  if (url.origin !== location.origin || !within || url.hash !== "") return;
  event.preventDefault();
  go(url.pathname + url.search);
  scrollTo(0, 0);
};

export const usePlace = (): Place => {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
    addEventListener("popstate", moved);
    addEventListener(MOVED, moved);
    document.addEventListener("click", onClick);
    return () => {
      removeEventListener("popstate", moved);
      removeEventListener(MOVED, moved);
      document.removeEventListener("click", onClick);
    };
  }, []);
  return place;
};
