const masks = "[data-tr-mask],input,select,[contenteditable],textarea";
const maxText = 50;

/** The nearest element that a selector names, from the one on which the event came: out of shadow roots, too. */
export const nearest = (event: Event, selector: string): HTMLElement | undefined =>
  event.composedPath().find((one) => (one as Element).matches?.(selector)) as HTMLElement | undefined;

/** The beginning of what an element shows on which an event came; nothing of what is masked or typed. */
export const textOf = (event: Event, element: HTMLElement): string | undefined =>
  nearest(event, masks) || element.querySelector(masks)
    ? undefined
    : (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, maxText) || undefined;
