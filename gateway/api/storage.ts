/** The part of the API that looks after stored events: sealing, checking, copying, pruning, erasing. */
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Reach } from "../model/token.ts";
import { demandAll, demandSite } from "./demand-reach.ts";
import { orRefuse } from "./or-refuse.ts";
import { readObject } from "./read-object.ts";

/** What the owner of the data folder does with its sealed files; answers what the command line prints. */
export interface StorageCommands {
  seal(): Promise<unknown>;
  verify(): Promise<unknown>;
  backup(to: string): Promise<unknown>;
  prune(before: string, site: string | null): Promise<unknown>;
  erase(who: {
    readonly column: "client_id" | "user_id";
    readonly value: string;
    readonly site: string | null;
  }): Promise<unknown>;
}

type Body = Readonly<Record<string, unknown>>;

/** Answers `POST /api/storage/ACTION`. Who may look after some sites names one where all would be meant. */
export const answerStorage = async (
  x: Exchange,
  storage: StorageCommands,
  reach: Reach,
): Promise<unknown> => {
  const action = x.path.slice("/api/storage/".length);
  const answer = actions[action];
  if (!answer) throw new HttpError(404, `there is no ${x.path.slice(0, 100)} in this API`);
  const body = await readObject(x);
  if (ofOneSite.has(action)) demandSite(reach, siteOf(body));
  else demandAll(reach);
  return orRefuse(async () => (await answer(storage, body)) ?? {});
};

const actions: Readonly<Record<string, (storage: StorageCommands, body: Body) => Promise<unknown>>> = {
  seal: (storage) => storage.seal(),
  verify: (storage) => storage.verify(),
  backup: (storage, body) => storage.backup(textOf(body, "to")),
  prune(storage, body) {
    const before = textOf(body, "before");
    if (!/^\d{4}-\d\d-\d\d$/.test(before))
      throw new HttpError(400, "before: expected a day such as 2026-01-31");
    return storage.prune(before, siteOf(body));
  },
  erase(storage, body) {
    const { column } = body;
    if (column !== "client_id" && column !== "user_id") {
      throw new HttpError(400, "column: expected client_id or user_id");
    }
    return storage.erase({ column, value: textOf(body, "value"), site: siteOf(body) });
  },
};

/** These can be asked for a site alone. */
const ofOneSite: ReadonlySet<string> = new Set(["prune", "erase"]);

const textOf = (body: Body, name: string): string => {
  const value = body[name];
  if (typeof value === "string" && value !== "" && value.length <= 4096) return value;
  throw new HttpError(400, `${name}: expected a text`);
};

const siteOf = ({ site }: Body): string | null => {
  if (site === undefined || site === null || typeof site === "string") return site ?? null;
  throw new HttpError(400, "site: expected the id of a site");
};
