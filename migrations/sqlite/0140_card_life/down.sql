ALTER TABLE cards DROP COLUMN holder_staff_id;
ALTER TABLE cards DROP COLUMN entered_by;
ALTER TABLE cards DROP COLUMN awaits_approval;
