-- Records of types that a chain declares, each about a customer.

-- fields and list_columns are JSON; every version of fields also stands in field_versions under the type's id.
CREATE TABLE record_types (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  name_zh TEXT COLLATE "C" NOT NULL,
  name_en TEXT COLLATE "C" NOT NULL,
  fields TEXT COLLATE "C" NOT NULL,
  fields_version INTEGER NOT NULL,
  board_field TEXT COLLATE "C",
  list_columns TEXT COLLATE "C" NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, code)
);

-- content is JSON, sealed under the customer's key; board_value is the code of a choice.
CREATE TABLE records (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  type_id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  board_value TEXT COLLATE "C",
  content BYTEA NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, type_id) REFERENCES record_types (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX records_by_type ON records (chain_id, type_id, id);
CREATE INDEX records_by_board_value ON records (chain_id, type_id, board_value, id);
CREATE INDEX records_by_customer ON records (chain_id, customer_id, id);

-- fields is a JSON list of names; earlier are the values before, sealed under the customer's key.
CREATE TABLE record_events (
  chain_id BYTEA NOT NULL,
  record_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  moved_from TEXT COLLATE "C",
  moved_to TEXT COLLATE "C",
  fields TEXT COLLATE "C" NOT NULL,
  earlier BYTEA,
  staff_id BYTEA,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, record_id, id),
  FOREIGN KEY (chain_id, record_id) REFERENCES records (chain_id, id)
);

SELECT isolate_by_chain('record_types');
SELECT isolate_by_chain('records');
SELECT isolate_by_chain('record_events');
