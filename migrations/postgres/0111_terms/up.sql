-- Terms of membership and stored value, and who has accepted them.

-- document: the texts by language with kind and number, byte for byte what hash (SHA-256) was made of; least: the earliest
-- version whose acceptance still counts. Rows stay as they are.
CREATE TABLE terms (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  number INTEGER NOT NULL,
  least INTEGER NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL,
  staff_id BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE UNIQUE INDEX terms_by_number ON terms (chain_id, kind, number);

-- at: when it was accepted; noted_at: when that was noted.
CREATE TABLE term_acceptances (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  terms_id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  number INTEGER NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  noted_at BIGINT NOT NULL,
  staff_id BYTEA,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id),
  FOREIGN KEY (chain_id, terms_id) REFERENCES terms (chain_id, id)
);
CREATE UNIQUE INDEX term_acceptances_by_membership ON term_acceptances (chain_id, membership_id, kind, number);

SELECT isolate_by_chain('terms');
SELECT isolate_by_chain('term_acceptances');
