/** The writer's thread: takes batches from the main thread, commits them, says so. */
import type { MessagePort } from "node:worker_threads";
import type { Appended, Batch, Ledger } from "./ledger.ts";
import { isDiskTrouble } from "./ledger.ts";
import type { Role } from "./tokens.ts";

export type ToWriter =
  | ({ readonly kind: "append" } & Batch)
  | { readonly kind: "call"; readonly call: number; readonly what: WriterCall }
  /** settings changed; `settings` is what the writer's file takes */
  | { readonly kind: "configure"; readonly settings: unknown }
  | { readonly kind: "close" };

export type WriterCall =
  | { readonly kind: "rebuild-experiments" }
  | { readonly kind: "remove-demo" }
  | { readonly kind: "create-token"; readonly name: string; readonly role: Role; readonly given?: string }
  | { readonly kind: "list-tokens" }
  | { readonly kind: "revoke-token"; readonly name: string };

export type FromWriter =
  | { readonly kind: "ready" }
  | ({ readonly kind: "appended" } & Appended)
  | { readonly kind: "refused"; readonly reason: string; readonly disk: boolean }
  | { readonly kind: "answer"; readonly call: number; readonly value?: unknown; readonly error?: string };

const pruneEveryMs = 60_000;

/** Serves until it is told to close; `configure` takes changed settings. */
export const serveWriter = (
  ledger: Ledger,
  port: MessagePort,
  configure: (settings: unknown) => void,
): void => {
  const say = (message: FromWriter) => port.postMessage(message);
  const timer = setInterval(() => attempt(() => ledger.prune()), pruneEveryMs);
  port.on("message", (message: ToWriter) => {
    if (message.kind === "append") say(append(ledger, message));
    if (message.kind === "configure") configure(message.settings);
    if (message.kind === "call") say(answer(ledger, message.call, message.what));
    if (message.kind === "close") {
      clearInterval(timer);
      ledger.close();
      port.close();
    }
  });
  say({ kind: "ready" });
};

const append = (ledger: Ledger, batch: Batch): FromWriter => {
  try {
    return { kind: "appended", ...ledger.append(batch) };
  } catch (error) {
    return { kind: "refused", reason: messageOf(error), disk: isDiskTrouble(error) };
  }
};

const answer = (ledger: Ledger, call: number, what: WriterCall): FromWriter => {
  try {
    return { kind: "answer", call, value: perform(ledger, what) };
  } catch (error) {
    return { kind: "answer", call, error: messageOf(error) };
  }
};

const perform = (ledger: Ledger, what: WriterCall): unknown => {
  switch (what.kind) {
    case "rebuild-experiments":
      return ledger.rebuildExperiments();
    case "remove-demo":
      return ledger.removeDemo();
    case "create-token":
      return ledger.createToken(what.name, what.role, what.given);
    case "list-tokens":
      return ledger.listTokens();
    case "revoke-token":
      return ledger.revokeToken(what.name);
  }
};

const attempt = (work: () => void): void => {
  try {
    work();
  } catch {
    // Pruning can wait: a full disk shows itself at the next append, with its reason.
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
