/** A step of the schema (see migrations.ts): which page loads the gateway and the script saw. */
export const pageLoadStep = `
  -- The ids are UUIDv7: a day's page loads lie side by side. What was seen is a sum: 1 the document, 2 the page view,
  -- 4 a document for somebody who may not be counted. Rows go after eight days, the sums stay.
  CREATE TABLE page_loads (site INTEGER NOT NULL, id BLOB NOT NULL, seen INTEGER NOT NULL,
    PRIMARY KEY (site, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE page_load_days (site TEXT NOT NULL, day TEXT NOT NULL, both INTEGER NOT NULL,
    document_only INTEGER NOT NULL, view_only INTEGER NOT NULL, other_views INTEGER NOT NULL,
    PRIMARY KEY (site, day)) STRICT, WITHOUT ROWID;

  -- Counting begins where the other projections are: a share of what was stored before would be a guess.
  INSERT INTO offsets (projection, seq)
    SELECT 'page-loads', ifnull(max(seq), 0) FROM offsets WHERE true ON CONFLICT DO NOTHING;
`;
