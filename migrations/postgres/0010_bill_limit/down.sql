ALTER TABLE chains DROP COLUMN bill_limit;
