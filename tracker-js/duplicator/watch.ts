/** The ways on which a tag sends its hits. What the page asked for happens as if nobody watched. */
import { readHit } from "./hit.ts";
import type { Copier } from "./send-copy.ts";

/** A mistake in here must never keep the page from what it does. */
const quietly = (work: () => void): void => {
  try {
    work();
  } catch {
    // the copy is lost, the hit is not
  }
};

export const watchFetch = (copy: Copier): void => {
  const before = window.fetch;
  window.fetch = function (this: unknown, ...args: Parameters<typeof fetch>) {
    quietly(() => {
      const [input, init] = args;
      const body = init?.body as Parameters<Copier>[1];
      if (!(input instanceof Request)) copy(input, body);
      else if (body != null)
        copy(input.url, body); // it is sent instead of the request's own
      else if (readHit(input.url)) {
        // Its body can be read once, and it is not ours to read.
        const { url } = input;
        void input
          .clone()
          .text()
          .then((text) => copy(url, text))
          .catch(() => {});
      }
    });
    return before.apply(this as Window, args); // as many as there were
  };
};

export const watchBeacons = (copy: Copier): void => {
  const before = navigator.sendBeacon;
  navigator.sendBeacon = function (url, data) {
    quietly(() => copy(url, data as Parameters<Copier>[1]));
    return before.call(this, url, data);
  };
};

export const watchXhr = (copy: Copier): void => {
  const { open, send } = XMLHttpRequest.prototype;
  const urls = new WeakMap<XMLHttpRequest, unknown>();
  XMLHttpRequest.prototype.open = function (this: XMLHttpRequest, ...args: unknown[]) {
    urls.set(this, args[1]);
    return open.apply(this, args as unknown as Parameters<typeof open>); // as many as there were
  } as typeof open;
  XMLHttpRequest.prototype.send = function (body) {
    quietly(() => copy(urls.get(this), body instanceof Document ? null : body));
    return send.call(this, body);
  };
};

/** Elements whose address is a request of its own. */
export const watchElements = (copy: Copier): void => {
  for (const { prototype } of [HTMLImageElement, HTMLScriptElement]) {
    const before = Object.getOwnPropertyDescriptor(prototype, "src");
    const set = before?.set;
    if (!set) continue;
    Object.defineProperty(prototype, "src", {
      ...before,
      set(this: HTMLElement, url: string) {
        quietly(() => copy(url));
        set.call(this, url);
      },
    });
  }
};
