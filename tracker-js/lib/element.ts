const masks = "[data-tr-mask],input,textarea,select,[contenteditable]";
const maxText = 50;

/** The nearest ancestor, or the element itself, that a selector names. */
export const nearest = (target: EventTarget | null, selector: string): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>(selector) : null;

/** The beginning of what an element shows; nothing of what is masked or typed. */
export const textOf = (element: HTMLElement): string | undefined =>
  element.closest(masks) || element.querySelector(masks)
    ? undefined
    : (element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, maxText) || undefined;
