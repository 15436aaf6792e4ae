DROP TABLE file_import_changes;
DROP TABLE file_import_faults;
DROP TABLE file_import_parts;
DROP TABLE file_imports;
