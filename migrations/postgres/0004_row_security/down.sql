DO $$
DECLARE
  name TEXT;
BEGIN
  FOR name IN SELECT DISTINCT tablename FROM pg_policies WHERE schemaname = current_schema() AND policyname = 'own_chain' LOOP
    EXECUTE format('DROP POLICY own_chain ON %I', name);
    EXECUTE format('DROP POLICY all_chains ON %I', name);
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name);
  END LOOP;
END
$$;
DROP FUNCTION isolate_by_chain(TEXT, TEXT);
