import type { AgentReader } from "./agent.ts";
import { label } from "./bot-rules.ts";
import { isUnsaid, type Pass } from "./pass.ts";

/** Labels what automated clients send; it is kept like the rest. */
export const markBot =
  (agents: AgentReader): Pass =>
  (event, request) => {
    if (request.trusted || isUnsaid(request)) return;
    const { bot, demo } = agents(request.headers["user-agent"] ?? "");
    if (bot !== null) event.bot ??= bot;
    // A headless Chrome under another user agent still says in its client hints what it is.
    else if (!demo && request.headers["sec-ch-ua"]?.includes("HeadlessChrome")) {
      event.bot ??= label("headless", "HeadlessChrome");
    }
  };
