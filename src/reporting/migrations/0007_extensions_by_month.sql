-- GET /reports/deletions/by-lake and /by-month: in which months, and how often, deadlines of a lake's
-- requests were extended, without everything else that is counted by month.
CREATE INDEX monthly_counts_extended ON monthly_counts (month, lake_id, count)
  WHERE dataset_id = '' AND measure = 'deletions_extended';
