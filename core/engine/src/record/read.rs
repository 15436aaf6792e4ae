//! Reading records: one, a list by type, board column or customer, and a record's history. Contact data are masked.

use super::kind::RecordType;
use super::row::{self, EventRow, RecordRow};
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_customer, mask_values, people};
use crate::error::{Error, Result};
use crate::fields::FieldVersion;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::keys::ChainKeys;
use crate::page::{Page, PageArgs};
use crate::store::schema::{customers, record_events, records};
use crate::store::{Conn, Id};
use crate::{Engine, each, fields};
use cardea_domain::fields::{self as declared_fields, FieldDefinition, MissingDocument, WrittenValues};
use cardea_domain::id::{ChainId, CustomerId, RecordId, RecordTypeId, StaffId};
use cardea_domain::{Instant, Refusal, Text, named};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A record, masked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Record {
    #[schema(value_type = Uuid)]
    pub id: RecordId,
    #[schema(value_type = Uuid)]
    pub type_id: RecordTypeId,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Surname and form of address.
    pub customer: Text,
    /// Where it stands on its type's board.
    pub board_value: Option<String>,
    /// By the fields' names, each with the version of the declarations it was written under.
    pub values: WrittenValues,
    /// Documents that its type's checklists ask for now and that weren't handed in, or too few copies of them.
    pub missing: Vec<MissingDocument>,
    pub active: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
    /// The customer's data were erased, and the values with them.
    pub erased: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

named! {
/// What happened to a record.
pub enum RecordEventKind {
    Create = "create",
    Change = "change",
    /// From one column of the board to another.
    Move = "move",
    Archive = "archive",
    Restore = "restore",
}
}

/// What happened to a record, when, and who did it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RecordEvent {
    pub id: Uuid,
    pub kind: RecordEventKind,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// Names of the fields that were changed.
    pub fields: Vec<String>,
    /// What stood in them before, masked.
    pub earlier: WrittenValues,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecordQuery {
    /// Only those of this type.
    #[param(value_type = Option<Uuid>)]
    pub type_id: Option<RecordTypeId>,
    /// Only those about this customer.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Only those in this column of the board; empty: those in none.
    pub board_value: Option<String>,
    /// true: only what is in use, false: only what is archived.
    pub active: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Declarations by type and version.
type Declared = HashMap<Id, BTreeMap<i32, Vec<FieldDefinition>>>;

/// Those under which the rows' values were written.
fn declared(conn: &mut Conn, chain: ChainId, rows: &[(RecordRow, WrittenValues)]) -> Result<Declared> {
    let mut versions: HashMap<Id, Vec<i32>> = HashMap::new();
    for (row, values) in rows {
        let numbers = versions.entry(row.type_id).or_default();
        numbers.extend(values.values().map(|written| written.version));
    }
    let mut found = Declared::new();
    for (kind, mut numbers) in versions {
        numbers.sort_unstable();
        numbers.dedup();
        found.insert(kind, fields::versions(conn, chain, &kind.text(), &numbers)?);
    }
    Ok(found)
}

/// Opens and masks records; what belongs to erased customers is empty.
fn views(conn: &mut Conn, keys: &ChainKeys, chain: ChainId, rows: Vec<RecordRow>) -> Result<Vec<Record>> {
    let customers = people(conn, chain, rows.iter().map(|row| row.customer_id))?;
    let open = |row: RecordRow| {
        let customer = customers.get(&row.customer_id).ok_or_else(not_found)?;
        let values = opened(keys, customer, row.id, Some(&row.content))?;
        Ok((row, values))
    };
    let opened: Vec<(RecordRow, WrittenValues)> = rows.into_iter().map(open).collect::<Result<_>>()?;
    let declared = declared(conn, chain, &opened)?;
    let mut newest: HashMap<Id, Vec<FieldDefinition>> = HashMap::new();
    for (row, _) in &opened {
        if let Entry::Vacant(place) = newest.entry(row.type_id) {
            place.insert(fields::current(conn, chain, &row.type_id.text())?.1);
        }
    }
    let view = |(row, mut values): (RecordRow, WrittenValues)| {
        let missing = declared_fields::missing(&newest[&row.type_id], &values);
        if let Some(declared) = declared.get(&row.type_id) {
            mask_values(&mut values, declared);
        }
        let customer = customers.get(&row.customer_id).ok_or_else(not_found)?;
        Ok(Record {
            id: row.id.typed(),
            type_id: row.type_id.typed(),
            customer_id: row.customer_id.typed(),
            customer: customer.form_of_address.0.display(&customer.name),
            board_value: row.board_value,
            values,
            missing,
            active: row.active,
            created_at: Instant(row.created_at),
            changed_at: Instant(row.changed_at),
            erased: customer.is_erased() || row.content.is_empty(),
            version: row.version,
        })
    };
    opened.into_iter().map(view).collect()
}

/// Those of a record's values that are masked where it is read, in full.
pub(super) fn hidden(conn: &mut Conn, chain: ChainId, opened: (RecordRow, WrittenValues)) -> Result<WrittenValues> {
    let rows = [opened];
    let declared = declared(conn, chain, &rows)?;
    let [(row, mut values)] = rows;
    let mut masked = values.clone();
    if let Some(declared) = declared.get(&row.type_id) {
        mask_values(&mut masked, declared);
    }
    values.retain(|name, written| masked.get(name) != Some(written));
    Ok(values)
}

pub(super) fn opened(
    keys: &ChainKeys,
    customer: &CustomerRow,
    record: Id,
    sealed: Option<&[u8]>,
) -> Result<WrittenValues> {
    let (Some(wrapped), Some(sealed)) = (&customer.data_key, sealed.filter(|sealed| !sealed.is_empty())) else {
        return Ok(WrittenValues::new());
    };
    let key = keys
        .open_person(customer.id.typed(), wrapped)
        .map_err(Error::internal)?;
    row::open(&key, record, sealed)
}

impl Engine {
    /// One record.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn record(&self, actor: &Actor, id: RecordId) -> Result<Record, Refusal> {
        actor.scope(Action::RecordRead)?;
        Ok(self.record_view(actor, id)?)
    }

    pub(super) fn record_view(&self, actor: &Actor, id: RecordId) -> Result<Record> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id.into())?.ok_or_else(not_found)?;
            let customer = find_customer(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
            actor.require(Action::RecordRead, Some(customer.store_id.typed()))?;
            views(conn, &keys, chain, vec![row])?
                .pop()
                .ok_or_else(|| not_found().into())
        })
    }

    /// Records about customers of the actor's stores, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn records(&self, actor: &Actor, query: &RecordQuery) -> Result<Page<Record>, Refusal> {
        let scope = actor.scope(Action::RecordRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let rows = select(conn, chain, &scope, query, before, limit as i64 + 1)?;
            views(conn, &keys, chain, rows)
        })?;
        Ok(Page::cut(found, limit, |record| record.id.to_string()))
    }

    /// Versions of a type's fields, newest first: values are shown under the one they were written in.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn record_type_fields(
        &self,
        actor: &Actor,
        id: RecordTypeId,
        page: &PageArgs,
    ) -> Result<Page<FieldVersion>, Refusal> {
        self.one::<RecordType>(actor, id)?;
        self.field_versions(actor.chain, &Id::from(id).text(), page)
    }

    /// What happened to a record, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn record_history(&self, actor: &Actor, id: RecordId, page: &PageArgs) -> Result<Page<RecordEvent>, Refusal> {
        let record = self.record(actor, id)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let customer = find_customer(conn, chain, record.customer_id)?.ok_or_else(not_found)?;
            let rows: Vec<EventRow> = each!(conn, c => record_events::table
                .select(EventRow::as_select())
                .filter(record_events::chain_id.eq(Id::from(chain)).and(record_events::record_id.eq(Id::from(id))))
                .filter(record_events::id.lt(before))
                .order(record_events::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?);
            let all = fields::all(conn, chain, &Id::from(record.type_id).text())?;
            let view = |row: EventRow| {
                let mut earlier = opened(&keys, &customer, row.record_id, row.earlier.as_deref())?;
                mask_values(&mut earlier, &all);
                Ok(RecordEvent {
                    id: row.id.0,
                    kind: row.kind.0,
                    at: Instant(row.at),
                    staff_id: row.staff_id.map(Id::typed),
                    from: row.moved_from,
                    to: row.moved_to,
                    fields: serde_json::from_str(&row.fields)?,
                    earlier,
                })
            };
            rows.into_iter().map(view).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |event| event.id.to_string()))
    }
}

fn select(
    conn: &mut Conn,
    chain: ChainId,
    scope: &StoreScope,
    query: &RecordQuery,
    before: Id,
    limit: i64,
) -> Result<Vec<RecordRow>> {
    let (all, stores) = match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
    };
    let none = Id(Uuid::nil());
    let same = customers::chain_id
        .eq(records::chain_id)
        .and(customers::id.eq(records::customer_id));
    let (kind, customer) = (
        query.type_id.map_or(none, Id::from),
        query.customer_id.map_or(none, Id::from),
    );
    let column = query.board_value.clone().unwrap_or_default();
    Ok(each!(conn, c => {
        let mut found = records::table
            .inner_join(customers::table.on(same))
            .select(RecordRow::as_select())
            .filter(records::chain_id.eq(Id::from(chain)).and(records::id.lt(before)))
            .filter(all.into_sql::<Bool>().or(customers::store_id.eq_any(&stores)))
            .into_boxed();
        if query.type_id.is_some() {
            found = found.filter(records::type_id.eq(kind));
        }
        if query.customer_id.is_some() {
            found = found.filter(records::customer_id.eq(customer));
        }
        match query.board_value.as_deref() {
            None => {}
            Some("") => found = found.filter(records::board_value.is_null()),
            Some(_) => found = found.filter(records::board_value.eq(&column)),
        }
        if let Some(active) = query.active {
            found = found.filter(records::active.eq(active));
        }
        found.order(records::id.desc()).limit(limit).load(c)?
    }))
}
