DROP INDEX contracts_by_number;
DROP INDEX contracts_by_state;
DROP INDEX contracts_listed;
CREATE INDEX contracts_by_state ON contracts (chain_id, state, id);
CREATE INDEX contracts_by_number ON contracts (chain_id, number);
