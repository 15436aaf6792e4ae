-- Classes of customers, computed and by hand, and by what rules they are computed.

-- basis is JSON: the figures behind a computed class. manual: set by a person, never overwritten by the job.
CREATE TABLE customer_classes (
  chain_id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  dimension TEXT NOT NULL,
  class TEXT NOT NULL,
  manual BOOLEAN NOT NULL,
  basis TEXT,
  set_by BLOB,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, customer_id, dimension),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX customer_classes_by_class ON customer_classes (chain_id, dimension, class, customer_id);

-- rules is JSON; a chain without a row has the usual ones and was never computed.
CREATE TABLE class_rules (
  chain_id BLOB NOT NULL PRIMARY KEY REFERENCES chains (id),
  rules TEXT NOT NULL,
  computed_on INTEGER,
  version BIGINT NOT NULL
);
