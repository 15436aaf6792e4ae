DROP TABLE card_completeness;
DROP TABLE visit_report_visits;
DROP TABLE visit_reports;
DROP TABLE assessments;
DROP TABLE scorecards;
DROP TABLE satisfaction;
