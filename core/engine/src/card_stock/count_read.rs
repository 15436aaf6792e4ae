//! Reading counts of blanks.

use super::count::{CountItemRow, CountRow};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::schema::{card_count_items, card_counts};
use crate::store::writer::blanks::store_at;
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::card_stock::CountOutcome;
use cardea_domain::id::*;
use cardea_domain::{Instant, Refusal, named};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A count of blanks. Once it is closed nothing of it changes but who signs it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardCount {
    #[schema(value_type = Uuid)]
    pub id: CardCountId,
    /// Null: HQ.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// Null: all batches.
    #[schema(value_type = Option<Uuid>)]
    pub batch_id: Option<CardBatchId>,
    #[schema(value_type = Option<Uuid>)]
    pub begun_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub begun_at: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub closed_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Instant>,
    #[schema(value_type = Option<Uuid>)]
    pub signed_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub signed_at: Option<Instant>,
    pub remark: Option<String>,
    pub counts: CountTotals,
}

/// How many numbers there are of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountTotals {
    /// That should have been there at the beginning.
    pub expected: i64,
    /// Not counted yet.
    pub open: i64,
    pub found: i64,
    pub missing: i64,
    pub surplus: i64,
    pub found_again: i64,
    pub unknown: i64,
    /// Sent, issued or registered while it was counted.
    pub moved: i64,
}

/// A number of a count.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardCountItem {
    /// In the list, from 1.
    pub position: i32,
    #[schema(value_type = Option<Uuid>)]
    pub batch_id: Option<CardBatchId>,
    pub serial: Option<i32>,
    /// The number's last four digits; of one that no blank has, all that was scanned.
    pub number: String,
    /// Whether it should have been there at the beginning.
    pub expected: bool,
    /// Null: not counted yet.
    pub outcome: Option<CountOutcome>,
    /// Who counted it; of what is missing, who closed the count.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Instant>,
}

named! {
/// Which numbers of a count are wanted.
pub enum CountPart {
    /// Not counted yet.
    Open = "open",
    /// Missing, surplus, found again, unknown.
    Differences = "differences",
}
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardCountItemQuery {
    #[param(inline)]
    pub part: Option<CountPart>,
    #[param(inline)]
    pub outcome: Option<CountOutcome>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<CountRow>> {
    let row = card_counts::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(CountRow::as_select()).get_result(c).optional()?))
}

pub(super) fn totals(conn: &mut Conn, count: &CountRow) -> Result<CountTotals> {
    type Group = (Option<Name<CountOutcome>>, bool, i64);
    let own = card_count_items::chain_id
        .eq(count.chain_id)
        .and(card_count_items::count_id.eq(count.id));
    let groups: Vec<Group> = each!(conn, c => card_count_items::table
        .filter(own)
        .group_by((card_count_items::outcome, card_count_items::expected))
        .select((card_count_items::outcome, card_count_items::expected, count_star()))
        .load(c)?);
    let mut totals = CountTotals::default();
    for (outcome, expected, quantity) in groups {
        if expected {
            totals.expected += quantity;
        }
        *match outcome.map(|outcome| outcome.0) {
            None => &mut totals.open,
            Some(CountOutcome::Found) => &mut totals.found,
            Some(CountOutcome::Missing) => &mut totals.missing,
            Some(CountOutcome::Surplus) => &mut totals.surplus,
            Some(CountOutcome::FoundAgain) => &mut totals.found_again,
            Some(CountOutcome::Unknown) => &mut totals.unknown,
            Some(CountOutcome::Moved) => &mut totals.moved,
        } += quantity;
    }
    Ok(totals)
}

fn view(conn: &mut Conn, row: CountRow) -> Result<CardCount> {
    let counts = totals(conn, &row)?;
    Ok(CardCount {
        id: row.id.typed(),
        store_id: store_at(ChainId(row.chain_id.0), row.place_id),
        batch_id: row.batch_id.map(Id::typed),
        begun_by: row.begun_by.map(Id::typed),
        begun_at: Instant(row.begun_at),
        closed_by: row.closed_by.map(Id::typed),
        closed_at: row.closed_at.map(Instant),
        signed_by: row.signed_by.map(Id::typed),
        signed_at: row.signed_at.map(Instant),
        remark: row.remark,
        counts,
    })
}

fn told(row: CountItemRow) -> CardCountItem {
    // Whoever sees whole numbers could make cards.
    let hidden = row.number.len().saturating_sub(4);
    let shown = if row.serial.is_some() {
        row.number.get(hidden..)
    } else {
        None
    };
    CardCountItem {
        position: row.position,
        batch_id: row.batch_id.map(Id::typed),
        serial: row.serial,
        number: shown.unwrap_or(&row.number).to_owned(),
        expected: row.expected,
        outcome: row.outcome.map(|outcome| outcome.0),
        staff_id: row.staff_id.map(Id::typed),
        at: row.at.map(Instant),
    }
}

/// A count at a place that the actor may see.
fn permitted(conn: &mut Conn, actor: &Actor, id: CardCountId) -> Result<CountRow> {
    let row = find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
    actor.require(Action::CardStockRead, store_at(actor.chain, row.place_id))?;
    Ok(row)
}

impl Engine {
    pub(super) fn card_count_view(&self, chain: ChainId, id: Id) -> Result<CardCount> {
        self.read(chain, |conn| {
            let row = find(conn, chain, id)?.ok_or_else(not_found)?;
            view(conn, row)
        })
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn card_count(&self, actor: &Actor, id: CardCountId) -> Result<CardCount, Refusal> {
        actor.scope(Action::CardStockRead)?;
        Ok(self.read(actor.chain, |conn| {
            let row = permitted(conn, actor, id)?;
            view(conn, row)
        })?)
    }

    /// Counts at the actor's stores, begun last first; HQ's for who sees all.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn card_counts(&self, actor: &Actor, page: &PageArgs) -> Result<Page<CardCount>, Refusal> {
        let scope = actor.scope(Action::CardStockRead)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (all, stores) = match &scope {
            StoreScope::All => (true, Vec::new()),
            StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
        };
        let found = self.read(actor.chain, |conn| {
            let rows: Vec<CountRow> = each!(conn, c => card_counts::table
                .select(CountRow::as_select())
                .filter(card_counts::chain_id.eq(Id::from(actor.chain)).and(card_counts::id.lt(before)))
                .filter(all.into_sql::<Bool>().or(card_counts::place_id.eq_any(stores.iter().copied())))
                .order(card_counts::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?);
            rows.into_iter().map(|row| view(conn, row)).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |count| count.id.to_string()))
    }

    /// Numbers of a count, in their order.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn card_count_items(
        &self,
        actor: &Actor,
        id: CardCountId,
        query: &CardCountItemQuery,
    ) -> Result<Page<CardCountItem>, Refusal> {
        actor.scope(Action::CardStockRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, after) = (page.limit()?, page.after_number()?.unwrap_or(0));
        let found = self.read(actor.chain, |conn| {
            let count = permitted(conn, actor, id)?;
            select(conn, &count, query, (after, limit as i64 + 1))
        })?;
        let items = found.into_iter().map(told).collect();
        Ok(Page::cut(items, limit, |item: &CardCountItem| {
            item.position.to_string()
        }))
    }
}

fn select(
    conn: &mut Conn,
    count: &CountRow,
    query: &CardCountItemQuery,
    (after, limit): (i32, i64),
) -> Result<Vec<CountItemRow>> {
    let differences = CountOutcome::ALL.iter().filter(|outcome| outcome.is_difference());
    let differences: Vec<Option<Name<CountOutcome>>> = differences.map(|outcome| Some(Name(*outcome))).collect();
    let own = card_count_items::chain_id
        .eq(count.chain_id)
        .and(card_count_items::count_id.eq(count.id));
    Ok(each!(conn, c => {
        let mut found = card_count_items::table
            .select(CountItemRow::as_select())
            .filter(own.and(card_count_items::position.gt(after)))
            .into_boxed();
        match query.part {
            Some(CountPart::Open) => found = found.filter(card_count_items::outcome.is_null()),
            Some(CountPart::Differences) => {
                found = found.filter(card_count_items::outcome.eq_any(differences.iter().copied()).assume_not_null());
            }
            None => {}
        }
        if let Some(outcome) = query.outcome {
            found = found.filter(card_count_items::outcome.eq(Some(Name(outcome))).assume_not_null());
        }
        found.order(card_count_items::position).limit(limit).load(c)?
    }))
}
