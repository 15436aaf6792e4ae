-- A batch of vouchers is blocked by itself; a code of it may be blocked besides, and stays so when the batch works again.

-- reason: why the batch is blocked, or works again.
ALTER TABLE voucher_batches ADD COLUMN blocked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE voucher_batches ADD COLUMN reason TEXT COLLATE "C";
