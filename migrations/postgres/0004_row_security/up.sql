-- Rows by chain: a query that forgets the chain sees its own chain's rows only, and none where no chain is set. `cardea.chain` is the chain's
-- id in hexadecimal, `cardea.scope` is `all` for what crosses chains: the program sets them for a transaction, or for a session of its own.
-- The second one counts for the owner of the tables only, so never for the role of requests.

-- Isolates a table whose column holds the chain's id. For every later table of a chain as well.
CREATE FUNCTION isolate_by_chain(name TEXT, chain TEXT DEFAULT 'chain_id') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format(
    'CREATE POLICY own_chain ON %I USING (%I = decode(nullif(current_setting(''cardea.chain'', true), ''''), ''hex''))', name, chain);
  EXECUTE format(
    'CREATE POLICY all_chains ON %I TO CURRENT_USER USING (current_setting(''cardea.scope'', true) = ''all'')', name);
END
$$;

SELECT isolate_by_chain('chains', 'id');
SELECT isolate_by_chain(table_name::text) FROM information_schema.columns
  WHERE table_schema = current_schema() AND column_name = 'chain_id' ORDER BY table_name;
