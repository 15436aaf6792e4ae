-- Memberships that were renewed (D-CARD-8). input_hash: what the plugin was asked; NULL: the program's own terms.
CREATE TABLE renewals (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  staff_id BYTEA,
  store_id BYTEA NOT NULL,
  at BIGINT NOT NULL,
  applied_on INTEGER NOT NULL,
  was_valid_through INTEGER NOT NULL,
  valid_through INTEGER NOT NULL,
  reopened BOOLEAN NOT NULL,
  points_ended BIGINT NOT NULL,
  rule TEXT COLLATE "C" NOT NULL,
  explanation_zh TEXT COLLATE "C" NOT NULL,
  explanation_en TEXT COLLATE "C" NOT NULL,
  configuration_id BYTEA NOT NULL,
  input_hash BYTEA,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id)
);
CREATE UNIQUE INDEX renewals_by_membership ON renewals (chain_id, membership_id, was_valid_through);
SELECT isolate_by_chain('renewals');
