-- Reviews of consultants' routes. customers: how many they had then; unplaced: of them, without a place in the route.
CREATE TABLE route_reviews (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  staff_id BYTEA NOT NULL,
  reviewed_on INTEGER NOT NULL,
  reviewed_by BYTEA,
  customers BIGINT NOT NULL,
  unplaced BIGINT NOT NULL,
  remark TEXT COLLATE "C",
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX route_reviews_by_staff ON route_reviews (chain_id, staff_id, id);

SELECT isolate_by_chain('route_reviews');
