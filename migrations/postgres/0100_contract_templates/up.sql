-- Templates from which contracts are printed.

-- A type's templates: document: the template in JSON; number: from 1, without gaps. Rows stay as they are.
CREATE TABLE contract_templates (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  type_id BYTEA NOT NULL,
  number INTEGER NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  staff_id BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, type_id, number),
  FOREIGN KEY (chain_id, type_id) REFERENCES contract_types (chain_id, id)
);

-- The template of the signed text.
ALTER TABLE contracts ADD COLUMN template_number INTEGER;

SELECT isolate_by_chain('contract_templates');
