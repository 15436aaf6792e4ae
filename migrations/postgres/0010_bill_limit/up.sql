-- What a chain's bill may add up to before somebody is asked whether that is meant; minor units of its currency.
ALTER TABLE chains ADD COLUMN bill_limit BIGINT NOT NULL DEFAULT 100000000;
