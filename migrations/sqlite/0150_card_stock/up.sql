-- Blank cards (D-CARD-2). A place is a store, or the chain's own id: HQ.

-- drawn: numbers that are there; valid_through: the last day on which they may be issued.
CREATE TABLE card_batches (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  program_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  place_id BLOB NOT NULL,
  name TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  drawn INTEGER NOT NULL,
  valid_through INTEGER,
  staff_id BLOB,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, program_id) REFERENCES programs (chain_id, id)
);

-- place_id: where it counts; in transit: where it goes. card_id: which card it has become.
CREATE TABLE card_blanks (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  number TEXT NOT NULL,
  batch_id BLOB NOT NULL,
  serial INTEGER NOT NULL,
  place_id BLOB NOT NULL,
  state TEXT NOT NULL,
  card_id BLOB,
  PRIMARY KEY (chain_id, number),
  FOREIGN KEY (chain_id, batch_id) REFERENCES card_batches (chain_id, id)
);
CREATE UNIQUE INDEX card_blanks_by_serial ON card_blanks (chain_id, batch_id, serial);
CREATE INDEX card_blanks_by_place ON card_blanks (chain_id, place_id, state, batch_id, serial);

-- Append-only: what happened to a run of blanks of one batch. from_place: NULL: they were made.
CREATE TABLE card_moves (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  batch_id BLOB NOT NULL,
  first_serial INTEGER NOT NULL,
  last_serial INTEGER NOT NULL,
  step TEXT NOT NULL,
  from_place BLOB,
  to_place BLOB NOT NULL,
  staff_id BLOB,
  at BIGINT NOT NULL,
  reason TEXT,
  transfer_id BLOB,
  count_id BLOB,
  card_id BLOB,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, batch_id) REFERENCES card_batches (chain_id, id)
);
CREATE INDEX card_moves_by_batch ON card_moves (chain_id, batch_id, id);
CREATE INDEX card_moves_by_transfer ON card_moves (chain_id, transfer_id, id);

-- How many blanks a place has of what, as the blanks say.
CREATE TABLE card_stock (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  place_id BLOB NOT NULL,
  batch_id BLOB NOT NULL,
  state TEXT NOT NULL,
  quantity BIGINT NOT NULL,
  PRIMARY KEY (chain_id, place_id, batch_id, state),
  FOREIGN KEY (chain_id, batch_id) REFERENCES card_batches (chain_id, id)
);
CREATE INDEX card_stock_by_batch ON card_stock (chain_id, batch_id);

-- received_by: NULL: on its way.
CREATE TABLE card_transfers (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  from_place BLOB NOT NULL,
  to_place BLOB NOT NULL,
  quantity INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  damaged INTEGER NOT NULL,
  note TEXT,
  sent_by BLOB,
  sent_at BIGINT NOT NULL,
  received_by BLOB,
  received_at BIGINT,
  reason TEXT,
  PRIMARY KEY (chain_id, id)
);

-- batch_id: only its blanks; NULL: all of the place.
CREATE TABLE card_counts (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  place_id BLOB NOT NULL,
  batch_id BLOB,
  begun_by BLOB,
  begun_at BIGINT NOT NULL,
  closed_by BLOB,
  closed_at BIGINT,
  signed_by BLOB,
  signed_at BIGINT,
  remark TEXT,
  PRIMARY KEY (chain_id, id)
);

-- position: in the list, from 1; batch_id, serial: NULL: no blank has the number; outcome: NULL: not counted yet.
CREATE TABLE card_count_items (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  count_id BLOB NOT NULL,
  number TEXT NOT NULL,
  position INTEGER NOT NULL,
  batch_id BLOB,
  serial INTEGER,
  expected BOOLEAN NOT NULL,
  outcome TEXT,
  staff_id BLOB,
  at BIGINT,
  PRIMARY KEY (chain_id, count_id, number),
  FOREIGN KEY (chain_id, count_id) REFERENCES card_counts (chain_id, id)
);
CREATE UNIQUE INDEX card_count_items_by_position ON card_count_items (chain_id, count_id, position);
