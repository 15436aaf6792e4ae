-- Files of customers or records on their way in, what came of their rows, and what has to be undone if it was wrong.

-- type_id: records of that type; null: customers. data_key: the file's own key, wrapped by the chain's; empty once the file
-- is gone. preview: its first rows, sealed under it. mapping is JSON; header_hash says which files have the same columns.
CREATE TABLE file_imports (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  type_id BYTEA,
  format TEXT COLLATE "C" NOT NULL,
  encoding TEXT COLLATE "C",
  state TEXT COLLATE "C" NOT NULL,
  data_key BYTEA NOT NULL,
  parts INTEGER NOT NULL,
  header_hash BYTEA,
  preview BYTEA NOT NULL,
  mapping TEXT COLLATE "C" NOT NULL,
  rows_total BIGINT,
  rows_done BIGINT NOT NULL,
  created_count BIGINT NOT NULL,
  updated_count BIGINT NOT NULL,
  skipped_count BIGINT NOT NULL,
  bad_count BIGINT NOT NULL,
  kept_count BIGINT NOT NULL,
  staff_id BYTEA,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX file_imports_by_headers ON file_imports (chain_id, header_hash) WHERE header_hash IS NOT NULL;

-- The file, sealed part by part.
CREATE TABLE file_import_parts (
  chain_id BYTEA NOT NULL,
  import_id BYTEA NOT NULL,
  part INTEGER NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (chain_id, import_id, part),
  FOREIGN KEY (chain_id, import_id) REFERENCES file_imports (chain_id, id)
);

-- Rows that couldn't be imported. place: the column at fault, -1 where it is the row; reason: sealed under the file's key.
CREATE TABLE file_import_faults (
  chain_id BYTEA NOT NULL,
  import_id BYTEA NOT NULL,
  line BIGINT NOT NULL,
  place INTEGER NOT NULL,
  reason BYTEA NOT NULL,
  PRIMARY KEY (chain_id, import_id, line),
  FOREIGN KEY (chain_id, import_id) REFERENCES file_imports (chain_id, id)
);

-- Whom or what an import has created, or changed: then change is before and after, sealed under the customer's key.
CREATE TABLE file_import_changes (
  chain_id BYTEA NOT NULL,
  import_id BYTEA NOT NULL,
  line BIGINT NOT NULL,
  subject_id BYTEA NOT NULL,
  change BYTEA,
  PRIMARY KEY (chain_id, import_id, line),
  FOREIGN KEY (chain_id, import_id) REFERENCES file_imports (chain_id, id)
);
CREATE INDEX file_import_changes_by_subject ON file_import_changes (chain_id, subject_id);

SELECT isolate_by_chain('file_imports');
SELECT isolate_by_chain('file_import_parts');
SELECT isolate_by_chain('file_import_faults');
SELECT isolate_by_chain('file_import_changes');
