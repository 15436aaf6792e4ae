-- Memberships that were renewed (D-CARD-8). input_hash: what the plugin was asked; NULL: the program's own terms.
CREATE TABLE renewals (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  staff_id BLOB,
  store_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  applied_on INTEGER NOT NULL,
  was_valid_through INTEGER NOT NULL,
  valid_through INTEGER NOT NULL,
  reopened BOOLEAN NOT NULL,
  points_ended BIGINT NOT NULL,
  rule TEXT NOT NULL,
  explanation_zh TEXT NOT NULL,
  explanation_en TEXT NOT NULL,
  configuration_id BLOB NOT NULL,
  input_hash BLOB,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id)
);
CREATE UNIQUE INDEX renewals_by_membership ON renewals (chain_id, membership_id, was_valid_through);
