export const dayStep = `
  -- How often somebody asked in a day (UTC), for daily quotas; key is a hash of who.
  CREATE TABLE day_counts (day TEXT NOT NULL, key TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (day, key)) STRICT, WITHOUT ROWID;
  `;
