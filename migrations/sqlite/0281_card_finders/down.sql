ALTER TABLE card_events DROP COLUMN finder;
