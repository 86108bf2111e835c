import type { Event } from "../../model/event.ts";
import { limitSize, newRoom, type Properties, putProperty } from "../native/clean-json.ts";
import type { Notes } from "../native/notes.ts";
import type { Fields } from "./fields.ts";

/** Fields that are read into columns. */
const read = `
  tid cid uid en dl dt dr ir _et sid sct seg _p _s gcs gcd npa ul sr cu cs cm cn ci ct ck cc ccf cmt fss tt
  _fv _ss _nsi uaa uab uafvl uam uamb uap uapv uaw _uip uip ua`;

/** Of the transport: versions, sizes of containers, flags for Google's own servers, what breaks caches. */
const noise = `
  v gtm tag_exp tfd frm pscdl gcu gcut dma dma_cps _gaz _z _eu _tu _rdi _rnd are z gdid gap.plf rcb ngs richsstsse
  sst.rnd sst.ude sst.gcd sst.etld sst.tft sst.lpc sst.navt api_secret`;

const names: ReadonlySet<string> = new Set(`${read} ${noise}`.trim().split(/\s+/));
const prefixes = ["ep.", "epn.", "up.", "upn."] as const;

/** True for a field that is none of those, and no item. */
const isUnknown = (name: string): boolean =>
  !names.has(name) && !prefixes.some((prefix) => name.startsWith(prefix)) && !/^pr\d{1,4}$/.test(name);

/** Keeps what nobody here knows, as it was sent: its meaning may be found later. `asSent` is kept with it. */
export const keepUnknown = (event: Event, fields: Fields, asSent: Fields, notes: Notes): void => {
  let kept: Properties | null = null;
  const room = newRoom();
  for (const [name, text] of asSent) {
    kept ??= {};
    putProperty(kept, name, text, room, notes);
  }
  for (const [name, text] of fields) {
    if (name === "" || text === "" || !isUnknown(name)) continue;
    kept ??= {};
    putProperty(kept, name, text, room, notes);
  }
  if (kept === null) return;
  limitSize(kept, room, notes);
  event.protocol_fields = kept;
};
