-- Events to other systems.

-- Addresses that get events. topics: JSON list, empty for all; secret: what signs, sealed; previous_secret: the one before it,
-- which signs too until previous_until; since: id in the outbox after which events are for it; failing_since: none of its
-- events has arrived since; off_at, off_why: when and why it was switched off by itself, in both languages.
CREATE TABLE webhook_endpoints (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  topics TEXT NOT NULL,
  secret BLOB NOT NULL,
  previous_secret BLOB,
  previous_until BIGINT,
  active BOOLEAN NOT NULL,
  since BLOB NOT NULL,
  failing_since BIGINT,
  off_at BIGINT,
  off_why TEXT,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);

-- One event of the outbox on its way to one address; id: the webhook-id, the same over all tries. due_at, next_at: when it was
-- to go first, and when it goes next, business time; lease_until: until when a server has it for itself, technical time;
-- code: HTTP status; said: what the receiver answered last, in both languages.
CREATE TABLE webhook_deliveries (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  endpoint_id BLOB NOT NULL,
  event_id BLOB NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  due_at BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  lease_until BIGINT,
  code INTEGER,
  said TEXT,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, endpoint_id) REFERENCES webhook_endpoints (chain_id, id),
  FOREIGN KEY (chain_id, event_id) REFERENCES outbox (chain_id, id)
);
CREATE UNIQUE INDEX webhook_deliveries_by_event ON webhook_deliveries (chain_id, endpoint_id, event_id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (chain_id, endpoint_id, state, next_at, event_id);
