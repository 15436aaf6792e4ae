DROP TABLE stock_take_items;
DROP TABLE stock_takes;
DROP TABLE custody_events;
DROP TABLE contract_originals;
DROP INDEX lendings_of_contract_away;
DROP INDEX lendings_by_contract;
ALTER TABLE lendings DROP COLUMN contract_id;
