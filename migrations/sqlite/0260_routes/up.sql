-- Reviews of consultants' routes. customers: how many they had then; unplaced: of them, without a place in the route.
CREATE TABLE route_reviews (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  staff_id BLOB NOT NULL,
  reviewed_on INTEGER NOT NULL,
  reviewed_by BLOB,
  customers BIGINT NOT NULL,
  unplaced BIGINT NOT NULL,
  remark TEXT,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX route_reviews_by_staff ON route_reviews (chain_id, staff_id, id);
