-- The first schema. Ids are UUIDv7 in 16 bytes, instants milliseconds UTC, days count from 1970-01-01, money minor
-- units, JSON text; texts are ordered by their bytes, whatever the database's collation. chain_id leads every key and index, so that a distributed PostgreSQL can shard by chain.

CREATE TABLE installation (
  id BYTEA NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL,
  demo_seed BIGINT
);

CREATE TABLE chains (
  id BYTEA NOT NULL PRIMARY KEY,
  code TEXT COLLATE "C" NOT NULL UNIQUE,
  name TEXT COLLATE "C" NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  minor_units INTEGER NOT NULL CHECK (minor_units BETWEEN 0 AND 4),
  time_zone TEXT COLLATE "C" NOT NULL,
  business_now BIGINT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE regions (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  active BOOLEAN NOT NULL DEFAULT TRUE,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, code)
);

CREATE TABLE stores (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  region_id BYTEA,
  code TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  time_zone TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, code),
  FOREIGN KEY (chain_id, region_id) REFERENCES regions (chain_id, id)
);

CREATE TABLE staff (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  user_name TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  platform_operator BOOLEAN NOT NULL,
  password_hash TEXT COLLATE "C" NOT NULL,
  must_change_password BOOLEAN NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, user_name)
);

CREATE TABLE staff_stores (
  chain_id BYTEA NOT NULL,
  staff_id BYTEA NOT NULL,
  store_id BYTEA NOT NULL,
  PRIMARY KEY (chain_id, staff_id, store_id),
  FOREIGN KEY (chain_id, staff_id) REFERENCES staff (chain_id, id),
  FOREIGN KEY (chain_id, store_id) REFERENCES stores (chain_id, id)
);

-- Refresh tokens as hashes; the previous one shows a stolen token used twice.
CREATE TABLE sessions (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  staff_id BYTEA NOT NULL,
  refresh_hash BYTEA NOT NULL,
  previous_hash BYTEA,
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
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  form_of_address TEXT COLLATE "C" NOT NULL,
  store_id BYTEA NOT NULL,
  consultant_id BYTEA,
  introducer_id BYTEA,
  consent_marketing BOOLEAN NOT NULL,
  consent_privacy BOOLEAN NOT NULL,
  consent_at BIGINT,
  external_ref TEXT COLLATE "C",
  data_key BYTEA,
  contact BYTEA,
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
  chain_id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  digest BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  PRIMARY KEY (chain_id, kind, digest, customer_id)
);
CREATE INDEX customer_indexes_by_customer ON customer_indexes (chain_id, customer_id);

CREATE TABLE search_grams (
  chain_id BYTEA NOT NULL,
  gram TEXT COLLATE "C" NOT NULL,
  customer_id BYTEA NOT NULL,
  PRIMARY KEY (chain_id, gram, customer_id)
);
CREATE INDEX search_grams_by_customer ON search_grams (chain_id, customer_id);

CREATE TABLE components (
  digest BYTEA NOT NULL PRIMARY KEY,
  plugin_id TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  bytes BYTEA NOT NULL,
  installed_at BIGINT NOT NULL
);

CREATE TABLE programs (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  name_zh TEXT COLLATE "C" NOT NULL,
  name_en TEXT COLLATE "C" NOT NULL,
  plugin_id TEXT COLLATE "C" NOT NULL,
  digest BYTEA NOT NULL REFERENCES components (digest),
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, code)
);

CREATE TABLE configurations (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  program_id BYTEA NOT NULL,
  number BIGINT NOT NULL,
  effective_from BIGINT NOT NULL,
  digest BYTEA NOT NULL REFERENCES components (digest),
  plugin_config TEXT COLLATE "C" NOT NULL,
  ladder TEXT COLLATE "C" NOT NULL,
  terms TEXT COLLATE "C" NOT NULL,
  created_by BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, program_id, number),
  FOREIGN KEY (chain_id, program_id) REFERENCES programs (chain_id, id)
);
CREATE INDEX configurations_by_effect ON configurations (chain_id, program_id, effective_from);

CREATE TABLE rewards (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  program_id BYTEA NOT NULL,
  store_id BYTEA,
  code TEXT COLLATE "C" NOT NULL,
  name_zh TEXT COLLATE "C" NOT NULL,
  name_en TEXT COLLATE "C" NOT NULL,
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
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  program_id BYTEA NOT NULL,
  customer_id BYTEA,
  store_id BYTEA NOT NULL,
  opened_at BIGINT NOT NULL,
  opened_on INTEGER NOT NULL,
  valid_through INTEGER,
  expires_at BIGINT,
  tier TEXT COLLATE "C" NOT NULL,
  open BOOLEAN NOT NULL,
  purchases BIGINT NOT NULL,
  reference TEXT COLLATE "C" NOT NULL,
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
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  number TEXT COLLATE "C" NOT NULL,
  last_four TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  store_id BYTEA NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  blocks TEXT COLLATE "C" NOT NULL,
  issued_at BIGINT NOT NULL,
  valid_through INTEGER,
  replaces BYTEA,
  replaced_by BYTEA,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, number),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id)
);
CREATE INDEX cards_by_last_four ON cards (chain_id, last_four);
CREATE INDEX cards_by_membership ON cards (chain_id, membership_id);

CREATE TABLE card_events (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  card_id BYTEA NOT NULL,
  operation TEXT COLLATE "C" NOT NULL,
  staff_id BYTEA,
  store_id BYTEA,
  reason TEXT COLLATE "C",
  detail TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  from_state TEXT COLLATE "C" NOT NULL,
  to_state TEXT COLLATE "C" NOT NULL,
  blocks TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, card_id) REFERENCES cards (chain_id, id)
);
CREATE INDEX card_events_by_card ON card_events (chain_id, card_id, id);

-- Sales, returns and redemptions: one row each. parts are its lines and tenders as JSON, a list of values each, with what was
-- returned of it so far. answer is what was answered, with the number of its entries in place of them: they are read from the ledger.
-- No foreign keys here and in the ledger: the writer has loaded what a row names, and verify finds what is missing.
CREATE TABLE bills (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  store_id BYTEA NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  till TEXT COLLATE "C" NOT NULL,
  business_date INTEGER NOT NULL,
  receipt TEXT COLLATE "C" NOT NULL,
  content BYTEA NOT NULL,
  occurred_at BIGINT NOT NULL,
  booked_at BIGINT NOT NULL,
  staff_id BYTEA,
  customer_id BYTEA,
  membership_id BYTEA,
  card_id BYTEA,
  original_id BYTEA,
  reward_id BYTEA,
  total BIGINT NOT NULL,
  rounding BIGINT NOT NULL,
  paid BIGINT NOT NULL,
  judgement TEXT COLLATE "C" NOT NULL,
  earned BIGINT NOT NULL,
  spent BIGINT NOT NULL,
  parts TEXT COLLATE "C" NOT NULL,
  bonuses TEXT COLLATE "C" NOT NULL,
  terms TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C",
  answer TEXT COLLATE "C" NOT NULL,
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
  chain_id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  asset TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  amount BIGINT NOT NULL,
  counter TEXT COLLATE "C" NOT NULL,
  bill_id BYTEA,
  store_id BYTEA,
  occurred_at BIGINT NOT NULL,
  booked_at BIGINT NOT NULL,
  rule TEXT COLLATE "C" NOT NULL,
  explanation_zh TEXT COLLATE "C" NOT NULL,
  explanation_en TEXT COLLATE "C" NOT NULL,
  line INTEGER,
  reverses BYTEA,
  configuration_id BYTEA,
  input BYTEA,
  PRIMARY KEY (chain_id, membership_id, id)
);
CREATE INDEX entries_by_bill ON entries (chain_id, bill_id) WHERE bill_id IS NOT NULL;

-- ended: its end is booked, so that no night looks at it again.
CREATE TABLE lots (
  chain_id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  asset TEXT COLLATE "C" NOT NULL,
  entry_id BYTEA NOT NULL,
  bill_id BYTEA,
  amount BIGINT NOT NULL CHECK (amount > 0),
  remaining BIGINT NOT NULL CHECK (remaining BETWEEN 0 AND amount),
  opened_at BIGINT NOT NULL,
  matures_at BIGINT,
  expires_at BIGINT,
  ended BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (chain_id, membership_id, id)
);
CREATE INDEX lots_by_expiry ON lots (chain_id, expires_at) WHERE NOT ended AND expires_at IS NOT NULL;

-- What later entries did to a lot; the entry that opened it stands in the lot.
CREATE TABLE lot_moves (
  chain_id BYTEA NOT NULL,
  lot_id BYTEA NOT NULL,
  entry_id BYTEA NOT NULL,
  delta BIGINT NOT NULL,
  PRIMARY KEY (chain_id, lot_id, entry_id)
);
CREATE INDEX lot_moves_by_entry ON lot_moves (chain_id, entry_id);

-- Balances, kept in the transaction that moves them; verify recomputes them from the entries.
CREATE TABLE accounts (
  chain_id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  asset TEXT COLLATE "C" NOT NULL,
  balance BIGINT NOT NULL,
  debt BIGINT NOT NULL CHECK (debt >= 0),
  PRIMARY KEY (chain_id, membership_id, asset)
);

CREATE TABLE measures (
  chain_id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  measure TEXT COLLATE "C" NOT NULL,
  day INTEGER NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (chain_id, membership_id, measure, day)
);

CREATE TABLE tier_changes (
  chain_id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  at BIGINT NOT NULL,
  id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  from_tier TEXT COLLATE "C" NOT NULL,
  to_tier TEXT COLLATE "C" NOT NULL,
  since INTEGER NOT NULL,
  day INTEGER NOT NULL,
  cause BYTEA,
  figure BIGINT NOT NULL,
  threshold BIGINT NOT NULL,
  explanation_zh TEXT COLLATE "C" NOT NULL,
  explanation_en TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (chain_id, membership_id, at, id)
);

-- What a plugin was asked, canonical and compressed, under its SHA-256; of a sale it stands in the bill.
CREATE TABLE recorded_inputs (
  chain_id BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (chain_id, hash)
);

-- What was answered under a client's key. The answer of what booked a bill stands in the bill.
CREATE TABLE idempotency (
  chain_id BYTEA NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  request_hash BYTEA NOT NULL,
  status INTEGER NOT NULL,
  answer TEXT COLLATE "C",
  bill_id BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, key)
);

CREATE TABLE audit (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  at BIGINT NOT NULL,
  staff_id BYTEA,
  session_id BYTEA,
  source_ip TEXT COLLATE "C",
  action TEXT COLLATE "C" NOT NULL,
  subject BYTEA,
  detail TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (chain_id, id)
);

CREATE TABLE outbox (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  topic TEXT COLLATE "C" NOT NULL,
  payload TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  delivered_at BIGINT,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX outbox_waiting ON outbox (chain_id, id) WHERE delivered_at IS NULL;

CREATE TABLE imports (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  source_hash BYTEA NOT NULL,
  mapping_hash BYTEA NOT NULL,
  lines_done BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  report TEXT COLLATE "C" NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, source_hash, mapping_hash)
);
