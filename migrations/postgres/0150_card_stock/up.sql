-- Blank cards (D-CARD-2). A place is a store, or the chain's own id: HQ.

-- drawn: numbers that are there; valid_through: the last day on which they may be issued.
CREATE TABLE card_batches (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  program_id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  place_id BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  quantity INTEGER NOT NULL,
  drawn INTEGER NOT NULL,
  valid_through INTEGER,
  staff_id BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, program_id) REFERENCES programs (chain_id, id)
);

-- place_id: where it counts; in transit: where it goes. card_id: which card it has become.
CREATE TABLE card_blanks (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  number TEXT COLLATE "C" NOT NULL,
  batch_id BYTEA NOT NULL,
  serial INTEGER NOT NULL,
  place_id BYTEA NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  card_id BYTEA,
  PRIMARY KEY (chain_id, number),
  FOREIGN KEY (chain_id, batch_id) REFERENCES card_batches (chain_id, id)
);
CREATE UNIQUE INDEX card_blanks_by_serial ON card_blanks (chain_id, batch_id, serial);
CREATE INDEX card_blanks_by_place ON card_blanks (chain_id, place_id, state, batch_id, serial);

-- Append-only: what happened to a run of blanks of one batch. from_place: NULL: they were made.
CREATE TABLE card_moves (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  batch_id BYTEA NOT NULL,
  first_serial INTEGER NOT NULL,
  last_serial INTEGER NOT NULL,
  step TEXT COLLATE "C" NOT NULL,
  from_place BYTEA,
  to_place BYTEA NOT NULL,
  staff_id BYTEA,
  at BIGINT NOT NULL,
  reason TEXT COLLATE "C",
  transfer_id BYTEA,
  count_id BYTEA,
  card_id BYTEA,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, batch_id) REFERENCES card_batches (chain_id, id)
);
CREATE INDEX card_moves_by_batch ON card_moves (chain_id, batch_id, id);
CREATE INDEX card_moves_by_transfer ON card_moves (chain_id, transfer_id, id);

-- How many blanks a place has of what, as the blanks say.
CREATE TABLE card_stock (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  place_id BYTEA NOT NULL,
  batch_id BYTEA NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  quantity BIGINT NOT NULL,
  PRIMARY KEY (chain_id, place_id, batch_id, state),
  FOREIGN KEY (chain_id, batch_id) REFERENCES card_batches (chain_id, id)
);
CREATE INDEX card_stock_by_batch ON card_stock (chain_id, batch_id);

-- received_by: NULL: on its way.
CREATE TABLE card_transfers (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  from_place BYTEA NOT NULL,
  to_place BYTEA NOT NULL,
  quantity INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  damaged INTEGER NOT NULL,
  note TEXT COLLATE "C",
  sent_by BYTEA,
  sent_at BIGINT NOT NULL,
  received_by BYTEA,
  received_at BIGINT,
  reason TEXT COLLATE "C",
  PRIMARY KEY (chain_id, id)
);

-- batch_id: only its blanks; NULL: all of the place.
CREATE TABLE card_counts (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  place_id BYTEA NOT NULL,
  batch_id BYTEA,
  begun_by BYTEA,
  begun_at BIGINT NOT NULL,
  closed_by BYTEA,
  closed_at BIGINT,
  signed_by BYTEA,
  signed_at BIGINT,
  remark TEXT COLLATE "C",
  PRIMARY KEY (chain_id, id)
);

-- position: in the list, from 1; batch_id, serial: NULL: no blank has the number; outcome: NULL: not counted yet.
CREATE TABLE card_count_items (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  count_id BYTEA NOT NULL,
  number TEXT COLLATE "C" NOT NULL,
  position INTEGER NOT NULL,
  batch_id BYTEA,
  serial INTEGER,
  expected BOOLEAN NOT NULL,
  outcome TEXT COLLATE "C",
  staff_id BYTEA,
  at BIGINT,
  PRIMARY KEY (chain_id, count_id, number),
  FOREIGN KEY (chain_id, count_id) REFERENCES card_counts (chain_id, id)
);
CREATE UNIQUE INDEX card_count_items_by_position ON card_count_items (chain_id, count_id, position);

SELECT isolate_by_chain('card_batches');
SELECT isolate_by_chain('card_blanks');
SELECT isolate_by_chain('card_moves');
SELECT isolate_by_chain('card_stock');
SELECT isolate_by_chain('card_transfers');
SELECT isolate_by_chain('card_counts');
SELECT isolate_by_chain('card_count_items');
