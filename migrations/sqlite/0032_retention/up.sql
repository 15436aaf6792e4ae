-- For how long a chain keeps what. rules is JSON; a chain without a row keeps everything without end.
CREATE TABLE retention (
  chain_id BLOB NOT NULL PRIMARY KEY REFERENCES chains (id),
  rules TEXT NOT NULL,
  looked_on INTEGER,
  version BIGINT NOT NULL
);
