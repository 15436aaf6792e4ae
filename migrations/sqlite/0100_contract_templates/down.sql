ALTER TABLE contracts DROP COLUMN template_number;
DROP TABLE contract_templates;
