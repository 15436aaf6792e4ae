-- Contracts and approvals.

-- Which person a log-in is: the first of their log-ins; NULL: they have only this one.
ALTER TABLE staff ADD COLUMN person_id BLOB;

-- kind: what it is about; hash: SHA-256 of what is asked for, as it was; steps: lists of roles; makers: people, by their
-- first log-in; summary: in both languages, without personal data.
CREATE TABLE approvals (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  subject_id BLOB NOT NULL,
  subject_version INTEGER NOT NULL,
  store_id BLOB,
  hash BLOB NOT NULL,
  steps TEXT NOT NULL,
  makers TEXT NOT NULL,
  amount BIGINT,
  summary TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by BLOB,
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX approvals_by_state ON approvals (chain_id, state, id);
CREATE INDEX approvals_by_subject ON approvals (chain_id, subject_id, id);

-- remark: sealed.
CREATE TABLE approval_decisions (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  approval_id BLOB NOT NULL,
  id BLOB NOT NULL,
  staff_id BLOB,
  person_id BLOB,
  agreed BOOLEAN NOT NULL,
  remark BLOB,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, approval_id, id)
);

-- category: in filing numbers; required, party_fields: elements that have to be there; approvals: amount → steps of roles.
CREATE TABLE contract_types (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  code TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  category TEXT NOT NULL,
  required TEXT NOT NULL,
  party_fields TEXT NOT NULL,
  fields TEXT NOT NULL,
  fields_version INTEGER NOT NULL,
  approvals TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE UNIQUE INDEX contract_types_by_code ON contract_types (chain_id, code);

-- data_key: of all its texts, sealed under the person's key; empty once erased. content: what stands in it; hash: of that;
-- parties: as of signing; main_id, supplement: which contract it changes, and the how-manieth time.
CREATE TABLE contracts (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  type_id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  author_id BLOB,
  number TEXT,
  state TEXT NOT NULL,
  fulfilment TEXT NOT NULL,
  amount BIGINT,
  starts_on INTEGER,
  ends_on INTEGER,
  signed_on INTEGER,
  ended_on INTEGER,
  main_id BLOB,
  supplement INTEGER,
  predecessor_id BLOB,
  scan_id BLOB,
  scan_hash BLOB,
  data_key BLOB NOT NULL,
  content BLOB NOT NULL,
  parties BLOB,
  content_version INTEGER NOT NULL,
  hash BLOB NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX contracts_by_customer ON contracts (chain_id, customer_id, id);
CREATE INDEX contracts_by_state ON contracts (chain_id, state, id);
CREATE INDEX contracts_by_end ON contracts (chain_id, state, ends_on);
CREATE INDEX contracts_by_main ON contracts (chain_id, main_id, supplement);
CREATE INDEX contracts_by_predecessor ON contracts (chain_id, predecessor_id);
CREATE INDEX contracts_by_number ON contracts (chain_id, number);

CREATE TABLE contract_versions (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  contract_id BLOB NOT NULL,
  number INTEGER NOT NULL,
  content BLOB NOT NULL,
  hash BLOB NOT NULL,
  staff_id BLOB,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, contract_id, number)
);

-- note: sealed under the contract's key.
CREATE TABLE contract_events (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  contract_id BLOB NOT NULL,
  id BLOB NOT NULL,
  step TEXT NOT NULL,
  state TEXT NOT NULL,
  content_version INTEGER NOT NULL,
  staff_id BLOB,
  note BLOB,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, contract_id, id)
);

-- Which version somebody has seen last.
CREATE TABLE contract_looks (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  contract_id BLOB NOT NULL,
  staff_id BLOB NOT NULL,
  content_version INTEGER NOT NULL,
  PRIMARY KEY (chain_id, contract_id, staff_id)
);

-- What is to happen by a day, from signing on; replaced: a supplement says otherwise.
CREATE TABLE contract_milestones (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  contract_id BLOB NOT NULL,
  number INTEGER NOT NULL,
  kind TEXT NOT NULL,
  due_on INTEGER NOT NULL,
  amount BIGINT,
  replaced BOOLEAN NOT NULL,
  done_at BIGINT,
  done_by BLOB,
  PRIMARY KEY (chain_id, contract_id, number)
);
CREATE INDEX contract_milestones_by_day ON contract_milestones (chain_id, due_on);

-- The last number given out.
CREATE TABLE filing_numbers (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  category TEXT NOT NULL,
  year INTEGER NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (chain_id, category, year)
);
