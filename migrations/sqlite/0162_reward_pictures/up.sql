-- A small JPEG of a reward, for the catalogue.
CREATE TABLE reward_pictures (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  reward_id BLOB NOT NULL,
  jpeg BLOB NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, reward_id),
  FOREIGN KEY (chain_id, reward_id) REFERENCES rewards (chain_id, id)
);
