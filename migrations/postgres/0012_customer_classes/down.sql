DROP TABLE class_rules;
DROP TABLE customer_classes;
