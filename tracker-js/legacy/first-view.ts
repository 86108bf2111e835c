import { view } from "../start.ts";
import { oldLast } from "./carry-over.ts";

// An address that the original left is the page before, once.
if (oldLast) view({ last: oldLast });
