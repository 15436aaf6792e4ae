-- What is set aside of an account. state open: until expires_at, whether or not a job has written its end down; captured:
-- of it, what was spent, with the entry; ended_at: when it was captured, released or written down as over.
CREATE TABLE holds (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  card_id BLOB,
  store_id BLOB NOT NULL,
  staff_id BLOB,
  asset TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  captured BIGINT NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
  purpose TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  entry_id BLOB,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX holds_by_membership ON holds (chain_id, membership_id, id);
CREATE INDEX holds_open ON holds (chain_id, membership_id) WHERE state = 'open';
CREATE INDEX holds_open_of_card ON holds (chain_id, card_id) WHERE state = 'open' AND card_id IS NOT NULL;
CREATE INDEX holds_open_by_end ON holds (chain_id, expires_at) WHERE state = 'open';
