DROP TABLE customer_changes;
