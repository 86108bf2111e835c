import { on } from "../lib/on.ts";
import { whenLeaving } from "../lib/when-leaving.ts";
import { tell } from "./tell.ts";

/** Forms that were sent, and forms that were begun and left; never what was typed. */
export const observeForms = (): void => {
  let begun: HTMLFormElement | null = null;
  let field = "";
  const tellOf = (ename: string, form: HTMLFormElement, last?: string): void =>
    tell(ename, { form: form.id || form.getAttribute("name") || undefined, field: last });

  on("input", ({ target }) => {
    if (!(target instanceof HTMLElement) || !("form" in target)) return;
    begun = target.form as HTMLFormElement | null; // of every element that has one
    field = target.getAttribute("name") ?? "";
  });
  on("submit", ({ target }) => {
    if (target instanceof HTMLFormElement) tellOf("form_submit", target);
    begun = null;
  });
  whenLeaving((surely) => {
    if (!begun || !surely) return;
    tellOf("form_abandon", begun, field || undefined);
    begun = null;
  });
};
