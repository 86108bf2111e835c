import { readFileSync } from "node:fs";
import { root } from "./gateway.ts";

/** The line of the script's guide that keeps calls until the script has loaded, without its tags. */
export const snippet =
  /<script>(.*tr\.q.*)<\/script>/.exec(readFileSync(`${root}tracker-js/README.md`, "utf8"))?.[1] ?? "";
