/** The way in: a token in the field, or a one-use code in the address (`/#code=…`). */
import { signIn } from "./api.ts";
import { byId } from "./dom.ts";

/** Calls `onSignedIn` after a token was taken; shows the server's sentence when it was not. */
export const createSignIn = (onSignedIn: () => void) => {
  const field = byId("token") as HTMLInputElement; // an input in index.html
  const error = byId("sign-in-error");
  byId("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    error.textContent = "";
    void signIn({ token: field.value.trim() }).then((sentence) => {
      if (sentence !== null) {
        error.textContent = sentence;
        field.select();
        return;
      }
      field.value = "";
      onSignedIn();
    });
  });
  return {
    /** Shows the form with a sentence, empty when there is nothing to say. */
    show(sentence: string) {
      error.textContent = sentence;
      field.focus();
    },
  };
};

/** The code in the address, taken out of it so that it stays in no history or bookmark; null without one. */
export const takeCode = (): string | null => {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!code) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return code;
};
