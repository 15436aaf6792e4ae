-- Classes of customers, computed and by hand, and by what rules they are computed.

-- basis is JSON: the figures behind a computed class. manual: set by a person, never overwritten by the job.
CREATE TABLE customer_classes (
  chain_id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  dimension TEXT COLLATE "C" NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  manual BOOLEAN NOT NULL,
  basis TEXT COLLATE "C",
  set_by BYTEA,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, customer_id, dimension),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX customer_classes_by_class ON customer_classes (chain_id, dimension, class, customer_id);

-- rules is JSON; a chain without a row has the usual ones and was never computed.
CREATE TABLE class_rules (
  chain_id BYTEA NOT NULL PRIMARY KEY REFERENCES chains (id),
  rules TEXT COLLATE "C" NOT NULL,
  computed_on INTEGER,
  version BIGINT NOT NULL
);

SELECT isolate_by_chain('customer_classes');
SELECT isolate_by_chain('class_rules');
