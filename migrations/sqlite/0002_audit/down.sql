DROP TABLE audit_checkpoints;
DROP TABLE audit_lanes;
DROP INDEX audit_by_subject;
DROP INDEX audit_by_lane;
ALTER TABLE audit DROP COLUMN hash;
ALTER TABLE audit DROP COLUMN previous;
ALTER TABLE audit DROP COLUMN seq;
ALTER TABLE audit DROP COLUMN lane;
