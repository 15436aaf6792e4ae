DROP TABLE card_count_items;
DROP TABLE card_counts;
DROP TABLE card_transfers;
DROP TABLE card_stock;
DROP TABLE card_moves;
DROP TABLE card_blanks;
DROP TABLE card_batches;
