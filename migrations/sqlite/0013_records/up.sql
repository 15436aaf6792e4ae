-- Records of types that a chain declares, each about a customer.

-- fields and list_columns are JSON; every version of fields also stands in field_versions under the type's id.
CREATE TABLE record_types (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  code TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  fields TEXT NOT NULL,
  fields_version INTEGER NOT NULL,
  board_field TEXT,
  list_columns TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, code)
);

-- content is JSON, sealed under the customer's key; board_value is the code of a choice.
CREATE TABLE records (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  type_id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  board_value TEXT,
  content BLOB NOT NULL,
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
  chain_id BLOB NOT NULL,
  record_id BLOB NOT NULL,
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  moved_from TEXT,
  moved_to TEXT,
  fields TEXT NOT NULL,
  earlier BLOB,
  staff_id BLOB,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, record_id, id),
  FOREIGN KEY (chain_id, record_id) REFERENCES records (chain_id, id)
);
