//! Taking an import back: whom it created goes, whom it changed is again what they were. Who was used or changed since is
//! left and counted.

use super::batch::{next, purpose};
use super::run::ROWS;
use super::{ImportState, row};
use crate::actor::Actor;
use crate::archive::row as archived;
use crate::archive::search;
use crate::error::{Error, Result};
use crate::keys::ChainKeys;
use crate::merge::person::Person;
use crate::store::schema::{
    assessments, bills, contracts, customer_cards, customer_changes, customer_classes, customer_forms, customer_merges,
    customers, deletions, file_import_changes, files, handover_customers, journal, lendings, looks, memberships,
    message_refusals, messages, records, satisfaction, tasks, warnings,
};
use crate::store::{Answer, Conn, Id, Lane, Tx};
use crate::{Engine, each, record, tag};
use cardea_domain::merge::restore;
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;

#[derive(Deserialize)]
struct Change {
    before: Value,
    after: Value,
}

type Line = (i64, Id, Option<Vec<u8>>);

/// The last lines that aren't taken back yet.
fn last(conn: &mut Conn, chain: Id, import: Id) -> Result<Vec<Line>> {
    let of = file_import_changes::chain_id
        .eq(chain)
        .and(file_import_changes::import_id.eq(import));
    Ok(each!(conn, c => file_import_changes::table
        .select((file_import_changes::line, file_import_changes::subject_id, file_import_changes::change))
        .filter(of)
        .order(file_import_changes::line.desc())
        .limit(ROWS as i64)
        .load(c)?))
}

/// Those of some customers of whom anything else is kept: they stay.
fn used(conn: &mut Conn, chain: Id, ids: &[Id]) -> Result<HashSet<Id>> {
    let mut found = HashSet::new();
    macro_rules! look {
        ($table:ident, $column:ident) => {
            let rows: Vec<Option<Id>> = each!(conn, c => $table::table
                .select($table::$column.nullable())
                .distinct()
                .filter($table::chain_id.eq(chain).and($table::$column.eq_any(ids)))
                .load(c)?);
            found.extend(rows.into_iter().flatten());
        };
    }
    look!(memberships, customer_id);
    look!(journal, customer_id);
    look!(records, customer_id);
    look!(tasks, customer_id);
    look!(handover_customers, customer_id);
    look!(deletions, customer_id);
    look!(looks, customer_id);
    look!(customers, introducer_id);
    look!(customer_merges, customer_id);
    look!(customer_merges, merged_id);
    look!(files, customer_id);
    look!(customer_changes, customer_id);
    look!(customer_forms, customer_id);
    look!(lendings, customer_id);
    look!(contracts, customer_id);
    look!(messages, customer_id);
    look!(warnings, customer_id);
    look!(satisfaction, customer_id);
    look!(assessments, customer_id);
    let unowned: Vec<Option<Id>> = each!(conn, c => bills::table
        .select(bills::customer_id)
        .distinct()
        .filter(bills::chain_id.eq(chain).and(bills::customer_id.eq_any(ids)).and(bills::membership_id.is_null()))
        .load(c)?);
    found.extend(unowned.into_iter().flatten());
    Ok(found)
}

fn remove(conn: &mut Conn, chain: Id, id: Id) -> Result<()> {
    search::unindex(conn, chain.typed(), id.typed())?;
    tag::erase(conn, chain.typed(), id.typed())?;
    let classes = customer_classes::chain_id
        .eq(chain)
        .and(customer_classes::customer_id.eq(id));
    let refusals = message_refusals::chain_id
        .eq(chain)
        .and(message_refusals::customer_id.eq(id));
    each!(conn, c => {
        diesel::delete(customer_cards::table.find((chain, id))).execute(c)?;
        diesel::delete(customer_classes::table.filter(classes)).execute(c)?;
        diesel::delete(message_refusals::table.filter(refusals)).execute(c)?;
        diesel::delete(customers::table.find((chain, id))).execute(c)?;
    });
    Ok(())
}

/// Takes one line back; false: it has to stay.
fn take_back(tx: &mut Tx<'_>, keys: &ChainKeys, import: Id, line: &Line, used: &HashSet<Id>) -> Result<bool> {
    let chain = tx.chain();
    let (_, id, change) = line;
    let Some(found) = archived::find(tx.conn(), chain, id.typed())? else {
        return Ok(true);
    };
    let Some(sealed) = change else {
        // Changed since, used, or merged: it isn't the import's alone any more.
        if found.version != 1 || used.contains(id) {
            return Ok(false);
        }
        remove(tx.conn(), found.chain_id, *id)?;
        return Ok(true);
    };
    if found.data_key.is_none() {
        return Ok(false);
    }
    let mut person = Person::open(tx.conn(), keys, found)?;
    let clear = person.key.open_as(&purpose(import), sealed).map_err(Error::internal)?;
    let change: Change = serde_json::from_slice(&clear)?;
    let now = person.document(Id(uuid::Uuid::nil()))?;
    person.set(&restore(&now, &change.before, &change.after))?;
    person.save(tx.conn(), keys)?;
    Ok(true)
}

fn some(tx: &mut Tx<'_>, keys: &ChainKeys, import: Id) -> Result<Answer> {
    let chain = Id::from(tx.chain());
    let of_chain = tx.chain();
    let found = row::find(tx.conn(), of_chain, import)?.ok_or_else(crate::input::not_found)?;
    let mut row = next(tx, import, ImportState::Undoing, found.rows_done)?;
    let lines = last(tx.conn(), chain, import)?;
    let ids: Vec<Id> = lines.iter().map(|(_, id, _)| *id).collect();
    let used = match row.type_id {
        Some(_) => HashSet::new(),
        None => used(tx.conn(), chain, &ids)?,
    };
    let mut kept = 0;
    for line in &lines {
        let gone = match row.type_id {
            Some(_) => record::take_back(tx.conn(), keys, chain, line.1)?,
            None => take_back(tx, keys, import, line, &used)?,
        };
        kept += i64::from(!gone);
    }
    let least = lines.last().map_or(0, |(line, ..)| *line);
    let of = file_import_changes::chain_id
        .eq(chain)
        .and(file_import_changes::import_id.eq(import));
    each!(tx.conn(), c => diesel::delete(
        file_import_changes::table.filter(of.and(file_import_changes::line.ge(least)))
    ).execute(c)?);
    row.kept_count += kept;
    row.rows_done = (row.rows_done - lines.len() as i64).max(0);
    row.version += 1;
    if lines.is_empty() {
        row.state.0 = ImportState::Undone;
        row.rows_done = 0;
    }
    row::update(tx.conn(), &row)?;
    tx.audit(
        "import.undo",
        import.0,
        serde_json::json!({ "lines": lines.len(), "kept": kept }),
    );
    tx.publish("import.undone", serde_json::json!({ "import_id": import.text() }));
    Answer::ok(&lines.len())
}

pub(super) async fn work(engine: &Engine, actor: &Actor, import: Id) -> Result<()> {
    let keys = Arc::new(engine.keys().chain(actor.chain));
    loop {
        let keys = keys.clone();
        let step = move |tx: &mut Tx<'_>| some(tx, &keys, import);
        let done = engine.transact_in(Lane::Bulk, actor, None, "import.undo", step).await?;
        if done.json == "0" {
            return Ok(());
        }
    }
}
