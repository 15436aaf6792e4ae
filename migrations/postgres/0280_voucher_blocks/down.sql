ALTER TABLE voucher_batches DROP COLUMN reason;
ALTER TABLE voucher_batches DROP COLUMN blocked;
