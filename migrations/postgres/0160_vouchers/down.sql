DROP TABLE voucher_uses;
DROP TABLE vouchers;
DROP TABLE voucher_batches;
DROP TABLE voucher_kinds;
