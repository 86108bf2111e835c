import { record } from "../start.ts";

/** Records an event of what was seen, with what there is to say of it. */
export const tell = (ename: string, params?: Readonly<Record<string, unknown>>): void =>
  record({ ename, type: "track", params });
