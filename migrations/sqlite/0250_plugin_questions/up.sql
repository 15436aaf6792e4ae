-- What plugins were asked before something was done, where no entry and no renewal names it. subject_id: a bill, a card that
-- was replaced, a membership. input_hash: of recorded_inputs.
CREATE TABLE plugin_questions (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  function TEXT NOT NULL,
  subject_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  configuration_id BLOB NOT NULL,
  input_hash BLOB NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX plugin_questions_by_subject ON plugin_questions (chain_id, subject_id);

-- Lots that a plugin let go on at their end (D-HOT-8). was_expires_at: their date before; NULL: they had none of their own.
-- with_membership: their membership ended; who renews it gives them their own date back.
CREATE TABLE lot_extensions (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  lot_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  membership_id BLOB NOT NULL,
  with_membership BOOLEAN NOT NULL,
  was_expires_at BIGINT,
  expires_at BIGINT NOT NULL,
  rule TEXT NOT NULL,
  explanation_zh TEXT NOT NULL,
  explanation_en TEXT NOT NULL,
  configuration_id BLOB NOT NULL,
  input_hash BLOB NOT NULL,
  PRIMARY KEY (chain_id, lot_id, at),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id)
);
CREATE INDEX lot_extensions_by_membership ON lot_extensions (chain_id, membership_id);
