-- finder: who handed a found card in, sealed under the chain's key (D-CARD-6).
ALTER TABLE card_events ADD COLUMN finder BLOB;
