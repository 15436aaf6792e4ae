DROP TABLE customer_cards;
DROP TABLE field_versions;
