import { on } from "../lib/on.ts";
import { whenLeaving } from "../lib/when-leaving.ts";
import { tell } from "./tell.ts";

/** Forms that were sent, and forms that were begun and left; never what was typed. */
export const observeForms = (): void => {
  let begun: Readonly<Record<string, string | undefined>> | undefined;
  // As attributes: a field called `id` or `name` hides the form's own.
  const nameOf = (form: Element) => form.getAttribute("id") || form.getAttribute("name") || undefined;

  on("input", ({ target }) => {
    const { form } = target as HTMLInputElement; // or of an element that has none
    if (form) begun = { form: nameOf(form), field: (target as Element).getAttribute("name") || undefined };
  });
  on("submit", ({ target }) => {
    begun = undefined;
    tell("form_submit", { form: nameOf(target as Element) });
  });
  whenLeaving((surely) => {
    if (!begun || !surely) return;
    tell("form_abandon", begun);
    begun = undefined;
  });
};
