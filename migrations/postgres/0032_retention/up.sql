-- For how long a chain keeps what. rules is JSON; a chain without a row keeps everything without end.
CREATE TABLE retention (
  chain_id BYTEA NOT NULL PRIMARY KEY REFERENCES chains (id),
  rules TEXT COLLATE "C" NOT NULL,
  looked_on INTEGER,
  version BIGINT NOT NULL
);

SELECT isolate_by_chain('retention');
