DROP TABLE card_codes;
