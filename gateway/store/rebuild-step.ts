/** A step of the schema: tables in which results are worked out again, see `rebuilder.ts`. */
export const rebuildStep = `
  -- Results of experiments that are being worked out again; people who were joined or parted meanwhile.
  CREATE TABLE rebuilt_subjects (experiment TEXT NOT NULL, person INTEGER NOT NULL, variant TEXT NOT NULL,
    first_exposed_at INTEGER NOT NULL, first_id TEXT NOT NULL, multi INTEGER NOT NULL,
    PRIMARY KEY (experiment, person)) STRICT, WITHOUT ROWID;
  CREATE TABLE rebuilt_subject_goals (experiment TEXT NOT NULL, person INTEGER NOT NULL, goal TEXT NOT NULL,
    n INTEGER NOT NULL, sum_micros INTEGER NOT NULL,
    PRIMARY KEY (experiment, person, goal)) STRICT, WITHOUT ROWID;
  CREATE TABLE rebuilt_days (experiment TEXT NOT NULL, variant TEXT NOT NULL, goal TEXT NOT NULL,
    day TEXT NOT NULL, exposed INTEGER NOT NULL, converted INTEGER NOT NULL, sum_micros INTEGER NOT NULL,
    squares_hi INTEGER NOT NULL, squares_lo INTEGER NOT NULL,
    PRIMARY KEY (experiment, variant, goal, day)) STRICT, WITHOUT ROWID;
  CREATE TABLE rebuilt_moved (person INTEGER PRIMARY KEY) STRICT;

  -- One row while there is something to do: which step of it, the sequence it has come to, and the one it goes up to.
  -- Definitions are those it works with, none where the rows left over are all there is to do.
  CREATE TABLE experiment_rebuild (one INTEGER PRIMARY KEY CHECK (one = 1), phase TEXT NOT NULL, place INTEGER NOT NULL,
    up_to INTEGER NOT NULL, definitions TEXT) STRICT;
`;
