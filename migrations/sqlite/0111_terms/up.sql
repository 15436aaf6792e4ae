-- Terms of membership and stored value, and who has accepted them.

-- document: the texts by language with kind and number, byte for byte what hash (SHA-256) was made of; least: the earliest
-- version whose acceptance still counts. Rows stay as they are.
CREATE TABLE terms (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  number INTEGER NOT NULL,
  least INTEGER NOT NULL,
  document TEXT NOT NULL,
  hash BLOB NOT NULL,
  staff_id BLOB,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE UNIQUE INDEX terms_by_number ON terms (chain_id, kind, number);

-- at: when it was accepted; noted_at: when that was noted.
CREATE TABLE term_acceptances (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  terms_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  number INTEGER NOT NULL,
  channel TEXT NOT NULL,
  at BIGINT NOT NULL,
  noted_at BIGINT NOT NULL,
  staff_id BLOB,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id),
  FOREIGN KEY (chain_id, terms_id) REFERENCES terms (chain_id, id)
);
CREATE UNIQUE INDEX term_acceptances_by_membership ON term_acceptances (chain_id, membership_id, kind, number);
