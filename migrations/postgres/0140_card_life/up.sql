-- awaits_approval: applied for, and nobody has approved it yet; entered_by: who entered the application; holder_staff_id: the
-- member of staff who holds it.
ALTER TABLE cards ADD COLUMN awaits_approval BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE cards ADD COLUMN entered_by BYTEA;
ALTER TABLE cards ADD COLUMN holder_staff_id BYTEA;
