/** A step of the schema (see migrations.ts): what is looked up of payments, servers' messages and agreements. */
export const recordStep = `
  -- Payments as they were reported, amounts in millionths: a lifetime value is their sum.
  CREATE TABLE payments (seq INTEGER PRIMARY KEY, site TEXT NOT NULL, at INTEGER NOT NULL, client_id TEXT,
    user_id TEXT, order_id TEXT, currency TEXT NOT NULL, micros INTEGER NOT NULL) STRICT;
  CREATE INDEX payments_of_user ON payments (site, user_id) WHERE user_id IS NOT NULL;
  CREATE INDEX payments_of_visitor ON payments (site, client_id) WHERE client_id IS NOT NULL;
  CREATE INDEX payments_of_order ON payments (site, order_id) WHERE order_id IS NOT NULL;

  -- Messages of the site's servers: how often a \`count\` came for an id, and its last \`update\`.
  CREATE TABLE message_counts (site TEXT NOT NULL, id TEXT NOT NULL, n INTEGER NOT NULL, first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL, PRIMARY KEY (site, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE message_updates (site TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL,
    message TEXT, PRIMARY KEY (site, id)) STRICT, WITHOUT ROWID;

  -- What visitors agreed to; the newest is in force, the others are its history.
  CREATE TABLE agreements (seq INTEGER PRIMARY KEY, site TEXT NOT NULL, client_id TEXT NOT NULL,
    at INTEGER NOT NULL, said TEXT NOT NULL) STRICT;
  CREATE INDEX agreements_of_visitor ON agreements (site, client_id, at);

  -- Before this step there was nothing of these kinds: the projection begins where the others are.
  INSERT INTO offsets (projection, seq)
    SELECT 'records', ifnull(max(seq), 0) FROM offsets WHERE true ON CONFLICT DO NOTHING;
`;
