/** What pages written in TypeScript may call: `tsc` reads this file, and complains where a line means something else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tr } from "./api.ts";

const calls = (tr: Tr): void => {
  tr("signup", { plan: "pro", value: 1, currency: "EUR" });
  tr.outcome("purchase", { value: 49 });
  tr.identify("user-7", { plan: "pro" });
  tr.consent({ analytics: true });
  tr.consent(false);
  tr.optout();
  tr.optout(false);
  tr.page({ title: "Cart" });
  tr.stop();
  const variant: string | undefined = tr.variant("pricing-headline");
  const link: Promise<string> = tr.share("/plans");
  const sent: Promise<void> = tr.flush();
  void [variant, link, sent];
  // @ts-expect-error an amount is a number
  tr.outcome("purchase", { value: "49" });
  // @ts-expect-error a consent says what it is for
  tr.consent({ marketing: true });
  // @ts-expect-error an event has a name
  tr();
  // @ts-expect-error there is no such call
  tr.track("signup");
};

test("the calls that the types allow are those of the list above", () =>
  assert.equal(typeof calls, "function"));
