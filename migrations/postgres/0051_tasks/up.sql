-- What is to be done with customers and when, who hands whom over, and what the weekly check has looked at.

-- texts is JSON, sealed under the customer's key. source_key: what made it, so that it isn't made twice.
-- route: its place in the day's round.
CREATE TABLE tasks (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  staff_id BYTEA,
  kind TEXT COLLATE "C" NOT NULL,
  due_on INTEGER NOT NULL,
  route INTEGER,
  source TEXT COLLATE "C" NOT NULL,
  source_key TEXT COLLATE "C",
  texts BYTEA NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  ended_at BIGINT,
  ended_by BYTEA,
  journal_id BYTEA,
  created_by BYTEA,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, source_key),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX tasks_by_due ON tasks (chain_id, state, due_on, id);
CREATE INDEX tasks_by_staff ON tasks (chain_id, staff_id, state, due_on, id);
CREATE INDEX tasks_by_customer ON tasks (chain_id, customer_id, id);

CREATE INDEX customers_by_consultant ON customers (chain_id, consultant_id, id) WHERE consultant_id IS NOT NULL;
CREATE INDEX journal_by_day ON journal (chain_id, customer_id, occurred_at);

-- standards is JSON; a chain without a row has the usual ones.
CREATE TABLE service_standards (
  chain_id BYTEA NOT NULL PRIMARY KEY REFERENCES chains (id),
  standards TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL
);

-- week: its Monday. figures is JSON: what was looked at, as it was then.
CREATE TABLE task_checks (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  staff_id BYTEA NOT NULL,
  week INTEGER NOT NULL,
  figures TEXT COLLATE "C" NOT NULL,
  remark TEXT COLLATE "C" NOT NULL,
  checked_by BYTEA,
  checked_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX task_checks_by_staff ON task_checks (chain_id, staff_id, id);

-- The secret address of somebody's calendar; only its digest is kept.
CREATE TABLE calendar_feeds (
  chain_id BYTEA NOT NULL,
  staff_id BYTEA NOT NULL,
  digest BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, staff_id)
);
CREATE INDEX calendar_feeds_by_digest ON calendar_feeds (chain_id, digest);

CREATE TABLE handovers (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  from_staff BYTEA NOT NULL,
  to_staff BYTEA NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  customers BIGINT NOT NULL,
  tasks BIGINT NOT NULL,
  made_by BYTEA,
  made_at BIGINT NOT NULL,
  undone_by BYTEA,
  undone_at BIGINT,
  PRIMARY KEY (chain_id, id)
);
CREATE TABLE handover_customers (
  chain_id BYTEA NOT NULL,
  handover_id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  PRIMARY KEY (chain_id, handover_id, customer_id)
);
CREATE TABLE handover_tasks (
  chain_id BYTEA NOT NULL,
  handover_id BYTEA NOT NULL,
  task_id BYTEA NOT NULL,
  PRIMARY KEY (chain_id, handover_id, task_id)
);

SELECT isolate_by_chain('tasks');
SELECT isolate_by_chain('service_standards');
SELECT isolate_by_chain('task_checks');
SELECT isolate_by_chain('calendar_feeds');
SELECT isolate_by_chain('handovers');
SELECT isolate_by_chain('handover_customers');
SELECT isolate_by_chain('handover_tasks');
