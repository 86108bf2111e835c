import { root } from "./gateway.ts";

/** Settings of the demo shop without its back end, where everybody who takes part in the experiment sees variant b. */
export const shopWith = (
  consent: "assumed" | "required",
  experiments: readonly object[] = [everybodyB],
): object => ({
  routes: [{ path: "/", static: { dir: `${root}setup/demo/public` }, inject: true }],
  sites: [{ id: "main", hosts: ["127.0.0.1", "shop.example"], consent }],
  experiments,
});

/** Who is shown b takes part, who is shown nothing does not. */
const everybodyB = {
  key: "pricing-headline",
  variants: [
    { key: "control", weight: 0 },
    { key: "b", weight: 1 },
  ],
  goals: [{ key: "purchase", event: "purchase", value: "value" }],
};
