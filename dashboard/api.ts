/** What the page asks of the admin listener. The cookie carries the sign-in; no token is kept here. */
import type { Overview } from "../gateway/model/admin.ts";

export type Answer =
  | { readonly kind: "overview"; readonly overview: Overview }
  | { readonly kind: "signed-out" }
  | { readonly kind: "lost" };

const patienceMs = 8_000;

/** The overview with events above `after`; a network failure and a failing server are both `lost`. */
export const askOverview = async (after: number): Promise<Answer> => {
  try {
    const response = await fetch(`/api/overview?after=${after}`, {
      cache: "no-store",
      signal: AbortSignal.timeout(patienceMs),
    });
    if (response.status === 401) return { kind: "signed-out" };
    if (!response.ok) return { kind: "lost" };
    // Our own server answers it, from the type that this file imports.
    return { kind: "overview", overview: (await response.json()) as Overview };
  } catch {
    return { kind: "lost" };
  }
};

export type Credential = { readonly token: string } | { readonly code: string };

/** Null when signed in, else a sentence that says why not. */
export const signIn = async (credential: Credential): Promise<string | null> => {
  try {
    const response = await post("/api/signin", credential);
    if (response.ok) return null;
    return readSentence(await response.text()) ?? "That did not sign you in.";
  } catch {
    return "Turnpike does not answer. Is it still running?";
  }
};

/** False when the server did not answer: the cookie still stands. */
export const signOut = async (): Promise<boolean> => {
  try {
    return (await post("/api/signout", {})).ok;
  } catch {
    return false;
  }
};

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  });

// A refusal is a plain sentence, or JSON that holds one.
const readSentence = (text: string): string | null => {
  if (!text.startsWith("{")) return text.trim() || null;
  try {
    const { error } = JSON.parse(text) as { error?: unknown }; // its type is looked at next
    return typeof error === "string" ? error : null;
  } catch {
    return null;
  }
};
