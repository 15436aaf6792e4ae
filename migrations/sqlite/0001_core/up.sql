-- The first schema. Ids are UUIDv7 in 16 bytes, instants milliseconds UTC, days count from 1970-01-01, money minor
-- units, JSON text. chain_id leads every key and index, so that a distributed PostgreSQL can shard by chain.

CREATE TABLE installation (
  id BLOB NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL,
  demo_seed BIGINT
);

CREATE TABLE chains (
  id BLOB NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  minor_units INTEGER NOT NULL CHECK (minor_units BETWEEN 0 AND 4),
  time_zone TEXT NOT NULL,
  business_now BIGINT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE regions (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  active BOOLEAN NOT NULL DEFAULT TRUE,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, code)
);

CREATE TABLE stores (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  region_id BLOB,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  kind TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, code),
  FOREIGN KEY (chain_id, region_id) REFERENCES regions (chain_id, id)
);

CREATE TABLE staff (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  user_name TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  platform_operator BOOLEAN NOT NULL,
  password_hash TEXT NOT NULL,
  must_change_password BOOLEAN NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, user_name)
);

CREATE TABLE staff_stores (
  chain_id BLOB NOT NULL,
  staff_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  PRIMARY KEY (chain_id, staff_id, store_id),
  FOREIGN KEY (chain_id, staff_id) REFERENCES staff (chain_id, id),
  FOREIGN KEY (chain_id, store_id) REFERENCES stores (chain_id, id)
) WITHOUT ROWID;

-- Refresh tokens as hashes; the previous one shows a stolen token used twice.
CREATE TABLE sessions (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  staff_id BLOB NOT NULL,
  refresh_hash BLOB NOT NULL,
  previous_hash BLOB,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, staff_id) REFERENCES staff (chain_id, id)
);
CREATE INDEX sessions_by_refresh ON sessions (chain_id, refresh_hash);
CREATE INDEX sessions_by_staff ON sessions (chain_id, staff_id);

-- data_key is the person's key, wrapped by the chain's; NULL after erasure. contact is ciphertext.
CREATE TABLE customers (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  form_of_address TEXT NOT NULL,
  store_id BLOB NOT NULL,
  consultant_id BLOB,
  introducer_id BLOB,
  consent_marketing BOOLEAN NOT NULL,
  consent_privacy BOOLEAN NOT NULL,
  consent_at BIGINT,
  external_ref TEXT,
  data_key BLOB,
  contact BLOB,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, external_ref),
  FOREIGN KEY (chain_id, store_id) REFERENCES stores (chain_id, id),
  FOREIGN KEY (chain_id, consultant_id) REFERENCES staff (chain_id, id),
  FOREIGN KEY (chain_id, introducer_id) REFERENCES customers (chain_id, id)
);

-- Keyed blind indexes: phone, phone_last4, identity, birth_md, name_birth.
CREATE TABLE customer_indexes (
  chain_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  digest BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  PRIMARY KEY (chain_id, kind, digest, customer_id)
) WITHOUT ROWID;
CREATE INDEX customer_indexes_by_customer ON customer_indexes (chain_id, customer_id);

CREATE TABLE search_grams (
  chain_id BLOB NOT NULL,
  gram TEXT NOT NULL,
  customer_id BLOB NOT NULL,
  PRIMARY KEY (chain_id, gram, customer_id)
) WITHOUT ROWID;
CREATE INDEX search_grams_by_customer ON search_grams (chain_id, customer_id);

CREATE TABLE components (
  digest BLOB NOT NULL PRIMARY KEY,
  plugin_id TEXT NOT NULL,
  version TEXT NOT NULL,
  bytes BLOB NOT NULL,
  installed_at BIGINT NOT NULL
);

CREATE TABLE programs (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  code TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  plugin_id TEXT NOT NULL,
  digest BLOB NOT NULL REFERENCES components (digest),
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, code)
);

CREATE TABLE configurations (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  program_id BLOB NOT NULL,
  number BIGINT NOT NULL,
  effective_from BIGINT NOT NULL,
  digest BLOB NOT NULL REFERENCES components (digest),
  plugin_config TEXT NOT NULL,
  ladder TEXT NOT NULL,
  terms TEXT NOT NULL,
  created_by BLOB,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, program_id, number),
  FOREIGN KEY (chain_id, program_id) REFERENCES programs (chain_id, id)
);
CREATE INDEX configurations_by_effect ON configurations (chain_id, program_id, effective_from);

CREATE TABLE rewards (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  program_id BLOB NOT NULL,
  store_id BLOB,
  code TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  points BIGINT NOT NULL CHECK (points > 0),
  stock BIGINT CHECK (stock >= 0),
  active BOOLEAN NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, program_id, code),
  FOREIGN KEY (chain_id, program_id) REFERENCES programs (chain_id, id)
);

-- reference is the first card's number: the membership's natural key.
CREATE TABLE memberships (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  program_id BLOB NOT NULL,
  customer_id BLOB,
  store_id BLOB NOT NULL,
  opened_at BIGINT NOT NULL,
  opened_on INTEGER NOT NULL,
  valid_through INTEGER,
  expires_at BIGINT,
  tier TEXT NOT NULL,
  open BOOLEAN NOT NULL,
  purchases BIGINT NOT NULL,
  reference TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, reference),
  FOREIGN KEY (chain_id, program_id) REFERENCES programs (chain_id, id),
  FOREIGN KEY (chain_id, store_id) REFERENCES stores (chain_id, id)
);
CREATE UNIQUE INDEX memberships_open ON memberships (chain_id, customer_id, program_id) WHERE open;
CREATE INDEX memberships_by_customer ON memberships (chain_id, customer_id);
CREATE INDEX memberships_by_expiry ON memberships (chain_id, expires_at) WHERE open;

CREATE TABLE cards (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  number TEXT NOT NULL,
  last_four TEXT NOT NULL,
  kind TEXT NOT NULL,
  store_id BLOB NOT NULL,
  state TEXT NOT NULL,
  blocks TEXT NOT NULL,
  issued_at BIGINT NOT NULL,
  valid_through INTEGER,
  replaces BLOB,
  replaced_by BLOB,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, number),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id)
);
CREATE INDEX cards_by_last_four ON cards (chain_id, last_four);
CREATE INDEX cards_by_membership ON cards (chain_id, membership_id);

CREATE TABLE card_events (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  card_id BLOB NOT NULL,
  operation TEXT NOT NULL,
  staff_id BLOB,
  store_id BLOB,
  reason TEXT,
  detail TEXT NOT NULL,
  at BIGINT NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  blocks TEXT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, card_id) REFERENCES cards (chain_id, id)
);
CREATE INDEX card_events_by_card ON card_events (chain_id, card_id, id);

-- Sales, returns and redemptions: one row each. parts are its lines and tenders as JSON, a list of values each, with what was
-- returned of it so far. answer is what was answered, with the number of its entries in place of them: they are read from the ledger.
-- No foreign keys here and in the ledger: the writer has loaded what a row names, and verify finds what is missing.
CREATE TABLE bills (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  store_id BLOB NOT NULL,
  source TEXT NOT NULL,
  till TEXT NOT NULL,
  business_date INTEGER NOT NULL,
  receipt TEXT NOT NULL,
  content BLOB NOT NULL,
  occurred_at BIGINT NOT NULL,
  booked_at BIGINT NOT NULL,
  staff_id BLOB,
  customer_id BLOB,
  membership_id BLOB,
  card_id BLOB,
  original_id BLOB,
  reward_id BLOB,
  total BIGINT NOT NULL,
  rounding BIGINT NOT NULL,
  paid BIGINT NOT NULL,
  judgement TEXT NOT NULL,
  earned BIGINT NOT NULL,
  spent BIGINT NOT NULL,
  parts TEXT NOT NULL,
  bonuses TEXT NOT NULL,
  terms TEXT NOT NULL,
  reason TEXT,
  answer TEXT NOT NULL,
  returned_money BIGINT NOT NULL,
  returned_paid BIGINT NOT NULL,
  clawed_back BIGINT NOT NULL CHECK (clawed_back >= 0),
  given_back BIGINT NOT NULL CHECK (given_back >= 0),
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, store_id, business_date, source, till, receipt, kind)
);
CREATE INDEX bills_by_membership ON bills (chain_id, membership_id, occurred_at) WHERE membership_id IS NOT NULL;
CREATE INDEX bills_by_customer ON bills (chain_id, customer_id, occurred_at)
  WHERE customer_id IS NOT NULL AND membership_id IS NULL;
CREATE INDEX bills_by_original ON bills (chain_id, original_id) WHERE original_id IS NOT NULL;

-- Append-only. Each entry is both sides of a posting: the membership's account gets amount, counter gets its negative.
-- A membership's entries and lots stand together.
CREATE TABLE entries (
  chain_id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  id BLOB NOT NULL,
  asset TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount BIGINT NOT NULL,
  counter TEXT NOT NULL,
  bill_id BLOB,
  store_id BLOB,
  occurred_at BIGINT NOT NULL,
  booked_at BIGINT NOT NULL,
  rule TEXT NOT NULL,
  explanation_zh TEXT NOT NULL,
  explanation_en TEXT NOT NULL,
  line INTEGER,
  reverses BLOB,
  configuration_id BLOB,
  input BLOB,
  PRIMARY KEY (chain_id, membership_id, id)
) WITHOUT ROWID;
CREATE INDEX entries_by_bill ON entries (chain_id, bill_id) WHERE bill_id IS NOT NULL;

-- ended: its end is booked, so that no night looks at it again.
CREATE TABLE lots (
  chain_id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  id BLOB NOT NULL,
  asset TEXT NOT NULL,
  entry_id BLOB NOT NULL,
  bill_id BLOB,
  amount BIGINT NOT NULL CHECK (amount > 0),
  remaining BIGINT NOT NULL CHECK (remaining BETWEEN 0 AND amount),
  opened_at BIGINT NOT NULL,
  matures_at BIGINT,
  expires_at BIGINT,
  ended BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (chain_id, membership_id, id)
) WITHOUT ROWID;
CREATE INDEX lots_by_expiry ON lots (chain_id, expires_at) WHERE NOT ended AND expires_at IS NOT NULL;

-- What later entries did to a lot; the entry that opened it stands in the lot.
CREATE TABLE lot_moves (
  chain_id BLOB NOT NULL,
  lot_id BLOB NOT NULL,
  entry_id BLOB NOT NULL,
  delta BIGINT NOT NULL,
  PRIMARY KEY (chain_id, lot_id, entry_id)
) WITHOUT ROWID;
CREATE INDEX lot_moves_by_entry ON lot_moves (chain_id, entry_id);

-- Balances, kept in the transaction that moves them; verify recomputes them from the entries.
CREATE TABLE accounts (
  chain_id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  asset TEXT NOT NULL,
  balance BIGINT NOT NULL,
  debt BIGINT NOT NULL CHECK (debt >= 0),
  PRIMARY KEY (chain_id, membership_id, asset)
) WITHOUT ROWID;

CREATE TABLE measures (
  chain_id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  measure TEXT NOT NULL,
  day INTEGER NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (chain_id, membership_id, measure, day)
) WITHOUT ROWID;

CREATE TABLE tier_changes (
  chain_id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  from_tier TEXT NOT NULL,
  to_tier TEXT NOT NULL,
  since INTEGER NOT NULL,
  day INTEGER NOT NULL,
  cause BLOB,
  figure BIGINT NOT NULL,
  threshold BIGINT NOT NULL,
  explanation_zh TEXT NOT NULL,
  explanation_en TEXT NOT NULL,
  PRIMARY KEY (chain_id, membership_id, at, id)
) WITHOUT ROWID;

-- What a plugin was asked, canonical and compressed, under its SHA-256; of a sale it stands in the bill.
CREATE TABLE recorded_inputs (
  chain_id BLOB NOT NULL,
  hash BLOB NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (chain_id, hash)
) WITHOUT ROWID;

-- What was answered under a client's key. The answer of what booked a bill stands in the bill.
CREATE TABLE idempotency (
  chain_id BLOB NOT NULL,
  key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  status INTEGER NOT NULL,
  answer TEXT,
  bill_id BLOB,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, key)
) WITHOUT ROWID;

CREATE TABLE audit (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  at BIGINT NOT NULL,
  staff_id BLOB,
  session_id BLOB,
  source_ip TEXT,
  action TEXT NOT NULL,
  subject BLOB,
  detail TEXT NOT NULL,
  PRIMARY KEY (chain_id, id)
) WITHOUT ROWID;

CREATE TABLE outbox (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  topic TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  delivered_at BIGINT,
  PRIMARY KEY (chain_id, id)
) WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (chain_id, id) WHERE delivered_at IS NULL;

CREATE TABLE imports (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  source_hash BLOB NOT NULL,
  mapping_hash BLOB NOT NULL,
  lines_done BIGINT NOT NULL,
  state TEXT NOT NULL,
  report TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, source_hash, mapping_hash)
);
