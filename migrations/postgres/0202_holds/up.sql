-- What is set aside of an account. state open: until expires_at, whether or not a job has written its end down; captured:
-- of it, what was spent, with the entry; ended_at: when it was captured, released or written down as over.
CREATE TABLE holds (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  card_id BYTEA,
  store_id BYTEA NOT NULL,
  staff_id BYTEA,
  asset TEXT COLLATE "C" NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  captured BIGINT NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
  purpose TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  entry_id BYTEA,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX holds_by_membership ON holds (chain_id, membership_id, id);
CREATE INDEX holds_open ON holds (chain_id, membership_id) WHERE state = 'open';
CREATE INDEX holds_open_of_card ON holds (chain_id, card_id) WHERE state = 'open' AND card_id IS NOT NULL;
CREATE INDEX holds_open_by_end ON holds (chain_id, expires_at) WHERE state = 'open';

SELECT isolate_by_chain('holds');
