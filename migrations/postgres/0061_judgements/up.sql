-- What customers say of us, what we say of them, and the reports of visits.

-- month: twelve times the year and the month from 0. marks is JSON: each with its question as it was asked. low is 1 with a
-- low mark, else 0. texts is the remark, sealed under the customer's key.
CREATE TABLE satisfaction (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  store_id BYTEA NOT NULL,
  staff_id BYTEA,
  occasion TEXT COLLATE "C" NOT NULL,
  day INTEGER NOT NULL,
  month INTEGER NOT NULL,
  marks TEXT COLLATE "C" NOT NULL,
  mark_sum INTEGER NOT NULL,
  mark_count INTEGER NOT NULL,
  low INTEGER NOT NULL,
  texts BYTEA NOT NULL,
  task_id BYTEA,
  written_by BYTEA,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX satisfaction_by_customer ON satisfaction (chain_id, customer_id, id);
CREATE INDEX satisfaction_by_month ON satisfaction (chain_id, month, store_id, staff_id);
CREATE INDEX satisfaction_low ON satisfaction (chain_id, id) WHERE low = 1;

-- document is JSON; a chain without a row has the usual one.
CREATE TABLE scorecards (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  version INTEGER NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  created_by BYTEA,
  PRIMARY KEY (chain_id, version)
);

-- marks is JSON: each with its criterion as it was. texts is the remark, sealed under the customer's key.
CREATE TABLE assessments (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  scorecard INTEGER NOT NULL,
  marks TEXT COLLATE "C" NOT NULL,
  score_ppm BIGINT NOT NULL,
  grade TEXT COLLATE "C" NOT NULL,
  credit_limit BIGINT NOT NULL,
  terms_days INTEGER NOT NULL,
  texts BYTEA NOT NULL,
  day INTEGER NOT NULL,
  staff_id BYTEA,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX assessments_by_customer ON assessments (chain_id, customer_id, id);

CREATE TABLE visit_reports (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  staff_id BYTEA NOT NULL,
  period TEXT COLLATE "C" NOT NULL,
  from_day INTEGER NOT NULL,
  due_on INTEGER NOT NULL,
  handed_in_on INTEGER NOT NULL,
  remark TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, staff_id, period, from_day)
);
CREATE INDEX visit_reports_by_day ON visit_reports (chain_id, from_day, id);

-- Whose visit it was says the entry of the journal.
CREATE TABLE visit_report_visits (
  chain_id BYTEA NOT NULL,
  report_id BYTEA NOT NULL,
  journal_id BYTEA NOT NULL,
  warning_id BYTEA,
  PRIMARY KEY (chain_id, report_id, journal_id)
);

-- Counted last; cards are sealed.
CREATE TABLE card_completeness (
  chain_id BYTEA NOT NULL,
  staff_id BYTEA NOT NULL,
  day INTEGER NOT NULL,
  customers BIGINT NOT NULL,
  filled BIGINT NOT NULL,
  asked BIGINT NOT NULL,
  PRIMARY KEY (chain_id, staff_id)
);

SELECT isolate_by_chain('satisfaction');
SELECT isolate_by_chain('scorecards');
SELECT isolate_by_chain('assessments');
SELECT isolate_by_chain('visit_reports');
SELECT isolate_by_chain('visit_report_visits');
SELECT isolate_by_chain('card_completeness');
