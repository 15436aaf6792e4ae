-- Dynamic codes that were used: a code is a card's for a step of 30 s. Steps that are over are deleted.
CREATE TABLE card_codes (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  card_id BYTEA NOT NULL,
  step BIGINT NOT NULL,
  PRIMARY KEY (chain_id, card_id, step),
  FOREIGN KEY (chain_id, card_id) REFERENCES cards (chain_id, id)
);

SELECT isolate_by_chain('card_codes');
