/** A step of the schema (see migrations.ts). */
export const sinkStep = `
  -- Up to which sequence of the journal each sink has been handed the events, and its troubles.
  CREATE TABLE sinks (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, received_at INTEGER, failures INTEGER NOT NULL,
    missed INTEGER NOT NULL, last_error TEXT, last_error_at INTEGER) STRICT, WITHOUT ROWID;
`;
