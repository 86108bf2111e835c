import type { Column } from "../model/event.ts";
import { sessionColumns } from "../sessionize/columns.ts";
import type { SessionPlace } from "../store/people-reader.ts";
import { type ExportSource, isWanted } from "./export-source.ts";
import { createSessionJoin, referralColumns, touchColumns } from "./session-join.ts";

const ownColumns: readonly Column[] = [
  { name: "property_id", type: "text", meaning: "the site it belongs to" },
  { name: "bot", type: "bool", meaning: "of an automated client" },
  { name: "user_id", type: "text", meaning: "the identified person, as the session ended" },
  { name: "session_campaign", type: "text", meaning: "the first campaign of its events" },
];

const columns: readonly Column[] = [...sessionColumns, ...touchColumns, ...referralColumns, ...ownColumns];

const pageRows = 500;

/** Sessions, those that go on included, in order of when they began. */
export const exportSessions: ExportSource = {
  open: (reader, filter) => ({
    columns,
    *rows() {
      const { people } = reader;
      const join = createSessionJoin(people);
      let place: SessionPlace = { startedAt: Number.MIN_SAFE_INTEGER, id: "" };
      for (;;) {
        const page = people.sessionsAfter(place, pageRows);
        const wanted = page.filter(({ site, startedAt }) => isWanted(filter, site, startedAt));
        const values = join.sessions(
          wanted.map(({ person, site, siteNo, session }) => ({
            who: { person, site: siteNo },
            site,
            session,
          })),
        );
        for (const [i, { site, bot, session }] of wanted.entries()) {
          const joined = values[i];
          if (!joined?.session) continue; // erased meanwhile
          yield [...joined.session, ...joined.referral, site, bot, session.lastUserId, session.campaign];
        }
        if (page.length < pageRows) return;
        place = page.at(-1) ?? place;
      }
    },
  }),
};
