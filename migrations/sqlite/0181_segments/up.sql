-- Tags and segments (D-CAM-2).

CREATE TABLE tags (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE UNIQUE INDEX tags_by_name ON tags (chain_id, name);

CREATE TABLE customer_tags (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  tag_id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  set_by BLOB,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, tag_id, customer_id),
  FOREIGN KEY (chain_id, tag_id) REFERENCES tags (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX customer_tags_by_customer ON customer_tags (chain_id, customer_id);

-- rules: JSON, groups of conditions.
CREATE TABLE segments (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  rules TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE UNIQUE INDEX segments_by_name ON segments (chain_id, name);
