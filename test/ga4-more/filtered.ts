/** What traffic filters drop and name. */
import { alone, hit, type MoreCase } from "./case.ts";

const filters = (type: string, expression: string, more = {}) => ({
  filters: { conditions: [{ name: "f", type, expression, ...more }] },
});

export const filtered: readonly MoreCase[] = [
  {
    name: "what a filter drops is in no visit",
    config: filters("exclude", 'name == "scroll"'),
    hits: [hit(0), hit(1, { en: "scroll" }), hit(2)],
    rows: [{ session_total_events: 2, session_hit_number: 0 }, { session_hit_number: 1 }],
    sessions: [[0, 1]],
  },
  {
    name: "what no filter allows is dropped",
    config: filters("allow", 'name startsWith "page"'),
    hits: [hit(0), hit(1, { en: "scroll" })],
    sessions: [[0]],
  },
  {
    name: "a filter on trial only names",
    config: filters("exclude", 'name contains "scr" && !(page_hostname endsWith ".com")', {
      test_mode: true,
    }),
    hits: [hit(0), hit(1, { en: "scroll" })],
    rows: [{ traffic_filter_name: null }, { traffic_filter_name: "f" }],
  },
  {
    name: "a filter sees the whole address, the row the masked one",
    config: { ...alone, ...filters("exclude", 'inCidr(ip_address, "203.0.113.7/32")'), ip_masking_level: 1 },
    hits: [hit(0), hit(1, {}, { remote_addr: "::ffff:203.0.113.8" })],
    rows: [{ ip_address: "203.0.113.0" }],
    sessions: [[0]],
  },
];
