-- PINs of cards. hash: argon2id; tries: how many in a row have been or are being judged without a right one.
CREATE TABLE card_pins (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  card_id BYTEA NOT NULL,
  hash TEXT COLLATE "C" NOT NULL,
  tries BIGINT NOT NULL,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, card_id),
  FOREIGN KEY (chain_id, card_id) REFERENCES cards (chain_id, id)
);

SELECT isolate_by_chain('card_pins');
