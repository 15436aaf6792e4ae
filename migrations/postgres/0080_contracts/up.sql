-- Contracts and approvals.

-- Which person a log-in is: the first of their log-ins; NULL: they have only this one.
ALTER TABLE staff ADD COLUMN person_id BYTEA;

-- kind: what it is about; hash: SHA-256 of what is asked for, as it was; steps: lists of roles; makers: people, by their
-- first log-in; summary: in both languages, without personal data.
CREATE TABLE approvals (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  subject_id BYTEA NOT NULL,
  subject_version INTEGER NOT NULL,
  store_id BYTEA,
  hash BYTEA NOT NULL,
  steps TEXT COLLATE "C" NOT NULL,
  makers TEXT COLLATE "C" NOT NULL,
  amount BIGINT,
  summary TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  asked_by BYTEA,
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX approvals_by_state ON approvals (chain_id, state, id);
CREATE INDEX approvals_by_subject ON approvals (chain_id, subject_id, id);

-- remark: sealed.
CREATE TABLE approval_decisions (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  approval_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  staff_id BYTEA,
  person_id BYTEA,
  agreed BOOLEAN NOT NULL,
  remark BYTEA,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, approval_id, id)
);

-- category: in filing numbers; required, party_fields: elements that have to be there; approvals: amount → steps of roles.
CREATE TABLE contract_types (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  name_zh TEXT COLLATE "C" NOT NULL,
  name_en TEXT COLLATE "C" NOT NULL,
  category TEXT COLLATE "C" NOT NULL,
  required TEXT COLLATE "C" NOT NULL,
  party_fields TEXT COLLATE "C" NOT NULL,
  fields TEXT COLLATE "C" NOT NULL,
  fields_version INTEGER NOT NULL,
  approvals TEXT COLLATE "C" NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE UNIQUE INDEX contract_types_by_code ON contract_types (chain_id, code);

-- data_key: of all its texts, sealed under the person's key; empty once erased. content: what stands in it; hash: of that;
-- parties: as of signing; main_id, supplement: which contract it changes, and the how-manieth time.
CREATE TABLE contracts (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  type_id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  store_id BYTEA NOT NULL,
  author_id BYTEA,
  number TEXT COLLATE "C",
  state TEXT COLLATE "C" NOT NULL,
  fulfilment TEXT COLLATE "C" NOT NULL,
  amount BIGINT,
  starts_on INTEGER,
  ends_on INTEGER,
  signed_on INTEGER,
  ended_on INTEGER,
  main_id BYTEA,
  supplement INTEGER,
  predecessor_id BYTEA,
  scan_id BYTEA,
  scan_hash BYTEA,
  data_key BYTEA NOT NULL,
  content BYTEA NOT NULL,
  parties BYTEA,
  content_version INTEGER NOT NULL,
  hash BYTEA NOT NULL,
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
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  contract_id BYTEA NOT NULL,
  number INTEGER NOT NULL,
  content BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  staff_id BYTEA,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, contract_id, number)
);

-- note: sealed under the contract's key.
CREATE TABLE contract_events (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  contract_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  step TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  content_version INTEGER NOT NULL,
  staff_id BYTEA,
  note BYTEA,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, contract_id, id)
);

-- Which version somebody has seen last.
CREATE TABLE contract_looks (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  contract_id BYTEA NOT NULL,
  staff_id BYTEA NOT NULL,
  content_version INTEGER NOT NULL,
  PRIMARY KEY (chain_id, contract_id, staff_id)
);

-- What is to happen by a day, from signing on; replaced: a supplement says otherwise.
CREATE TABLE contract_milestones (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  contract_id BYTEA NOT NULL,
  number INTEGER NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  due_on INTEGER NOT NULL,
  amount BIGINT,
  replaced BOOLEAN NOT NULL,
  done_at BIGINT,
  done_by BYTEA,
  PRIMARY KEY (chain_id, contract_id, number)
);
CREATE INDEX contract_milestones_by_day ON contract_milestones (chain_id, due_on);

-- The last number given out.
CREATE TABLE filing_numbers (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  category TEXT COLLATE "C" NOT NULL,
  year INTEGER NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (chain_id, category, year)
);

SELECT isolate_by_chain('approvals');
SELECT isolate_by_chain('approval_decisions');
SELECT isolate_by_chain('contract_types');
SELECT isolate_by_chain('contracts');
SELECT isolate_by_chain('contract_versions');
SELECT isolate_by_chain('contract_events');
SELECT isolate_by_chain('contract_looks');
SELECT isolate_by_chain('contract_milestones');
SELECT isolate_by_chain('filing_numbers');
