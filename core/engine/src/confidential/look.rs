//! The access log as auditors read it.

use crate::actor::Actor;
use crate::archive::people;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input;
use crate::keys::ChainKeys;
use crate::look::{self, LookRow};
use crate::page::{Page, PageArgs};
use crate::store::schema::looks;
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::confidential::{LookKind, Purpose};
use cardea_domain::id::{ChainId, CustomerId, LookId, StaffId};
use cardea_domain::{Day, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A row of the access log.
#[derive(Clone, Serialize, ToSchema)]
pub struct Look {
    #[schema(value_type = Uuid)]
    pub id: LookId,
    /// Stands on what was taken away.
    #[schema(example = "7F3A09C21D")]
    pub number: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    pub kind: LookKind,
    /// Names of fields or parts.
    pub what: Vec<String>,
    /// What else it is about: a type of records.
    pub subject: Option<Uuid>,
    pub purpose: Option<Purpose>,
    /// Gone once the customer is erased.
    pub note: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LookQuery {
    /// Whose data.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Who looked.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub kind: Option<LookKind>,
    /// On this day, in the chain's zone.
    #[param(value_type = Option<String>, format = Date)]
    pub day: Option<Day>,
    /// As it stands on what was taken away.
    pub number: Option<String>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// When the day asked for begins and ends.
type Span = Option<(i64, i64)>;

fn select(
    conn: &mut Conn,
    chain: ChainId,
    (query, span): (&LookQuery, Span),
    before: Id,
    limit: i64,
) -> Result<Vec<LookRow>> {
    let number = query.number.as_deref().map(|number| number.trim().to_uppercase());
    Ok(each!(conn, c => {
        let mut found = looks::table
            .select(LookRow::as_select())
            .filter(looks::chain_id.eq(Id::from(chain)).and(looks::id.lt(before)))
            .into_boxed();
        if let Some(customer) = query.customer_id {
            found = found.filter(looks::customer_id.eq(Id::from(customer)));
        }
        if let Some(staff) = query.staff_id {
            found = found.filter(looks::staff_id.eq(Id::from(staff)));
        }
        if let Some(kind) = query.kind {
            found = found.filter(looks::kind.eq(Name(kind)));
        }
        if let Some(number) = &number {
            found = found.filter(looks::number.eq(number));
        }
        if let Some((from, until)) = span {
            found = found.filter(looks::at.ge(from).and(looks::at.lt(until)));
        }
        found.order(looks::id.desc()).limit(limit).load(c)?
    }))
}

/// Rows as they are shown, with what the notes say.
fn views(conn: &mut Conn, keys: &ChainKeys, chain: ChainId, rows: Vec<LookRow>) -> Result<Vec<Look>> {
    let noted = rows.iter().filter(|row| row.note.is_some());
    let noted = noted.filter_map(|row| row.customer_id);
    let mut persons = HashMap::new();
    for (id, customer) in people(conn, chain, noted)? {
        if let Some(wrapped) = &customer.data_key {
            let key = keys.open_person(id.typed(), wrapped);
            persons.insert(id, key.map_err(Error::internal)?);
        }
    }
    let view = |row: LookRow| {
        let person = row.customer_id.and_then(|id| persons.get(&id));
        let opened = person.zip(row.note.as_deref());
        let opened = opened.map(|(key, note)| key.open_as(&look::purpose_of(row.id), note));
        let note = opened.transpose().map_err(Error::internal)?;
        Ok(Look {
            id: row.id.typed(),
            number: row.number,
            at: Instant(row.at),
            staff_id: row.staff_id.map(Id::typed),
            customer_id: row.customer_id.map(Id::typed),
            kind: row.kind.0,
            what: serde_json::from_str(&row.what)?,
            subject: row.subject.map(|id| id.0),
            purpose: row.purpose.map(|purpose| purpose.0),
            note: note.map(|note| String::from_utf8_lossy(&note).into_owned()),
        })
    };
    rows.into_iter().map(view).collect()
}

/// One row as it is shown.
pub(super) fn one(conn: &mut Conn, keys: &ChainKeys, chain: ChainId, id: LookId) -> Result<Look> {
    let row = look::find(conn, chain, id)?.ok_or_else(input::not_found)?;
    views(conn, keys, chain, vec![row])?
        .pop()
        .ok_or_else(|| input::not_found().into())
}

impl Engine {
    /// Who saw or took away what, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor, day).
    pub fn looks(&self, actor: &Actor, query: &LookQuery) -> Result<Page<Look>, Refusal> {
        actor.require(Action::AuditRead, None)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let zone = self.chain(actor.chain)?.time_zone;
        let span = query.day.and_then(|day| {
            let until = zone.first_instant_after(day)?;
            let from = zone.first_instant_after(day.plus_days(-1)?)?;
            Some((from.0, until.0))
        });
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let rows = select(conn, chain, (query, span), before, limit as i64 + 1)?;
            views(conn, &keys, chain, rows)
        })?;
        Ok(Page::cut(found, limit, |look| look.id.to_string()))
    }
}
