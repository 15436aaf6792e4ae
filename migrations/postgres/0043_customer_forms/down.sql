DROP TABLE customer_forms;
