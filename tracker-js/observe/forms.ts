import { on } from "../lib/on.ts";
import { whenLeaving } from "../lib/when-leaving.ts";
import { tell } from "../start.ts";

/** Forms that were sent, and forms that were begun and left; never what was typed. */
export const observeForms = (): void => {
  let begun: Readonly<Record<string, string | undefined>> | undefined;
  // As attributes: a field called `id` or `name` hides the form's own.
  const nameOf = (form: Element) => form.getAttribute("id") || form.getAttribute("name") || undefined;

  const sent = ({ target }: Event): void => {
    begun = undefined;
    tell("form_submit", { form: nameOf(target as Element) });
  };
  on("input", (event) => {
    const target = event.composedPath()[0] as HTMLInputElement; // or an element that has no form
    const { form } = target;
    if (!form) return;
    begun = { field: target.getAttribute("name") || undefined, form: nameOf(form) };
    // That it was sent is not heard outside of a shadow root. Added again, a listener is the same one.
    if ((form.getRootNode() as ShadowRoot).host) form.addEventListener("submit", sent);
  });
  on("submit", sent);
  whenLeaving((surely) => {
    if (!begun || !surely) return;
    tell("form_abandon", begun);
    begun = undefined;
  });
  // A script's form.submit() is no submit to the page, only a navigation: one by POST carries what was filled in, and of
  // which element it comes, browsers say since 2025. Last, because where there is no Navigation API it ends this function.
  navigation.addEventListener("navigate", ({ formData, sourceElement }) => {
    if (begun && ((sourceElement as HTMLFormElement | null)?.elements || formData)) {
      tell("form_submit", { form: begun["form"] });
      begun = undefined;
    }
  });
};
