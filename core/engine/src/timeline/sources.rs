//! Where the rows of a timeline come from: of each kind those below an instant and id, newest first.

use super::{Found, TimelineKind};
use crate::actor::Actor;
use crate::archive::history;
use crate::each;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::journal::standing;
use crate::store::schema::{bills, card_events, cards, files, holder_transfers, journal, memberships, records, tasks};
use crate::store::{Conn, Id};
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// Below which instant and id, and how many.
type Place = ((i64, Id), i64);
/// Chain and customer.
type Of = (Id, Id);
/// When, which, by whom, and what it is within its kind.
type Common = (i64, Id, Option<Id>, String);

macro_rules! below {
    ($table:ident, $at:ident, $place:expr) => {{
        let (at, id) = $place.0;
        let same = $table::$at.eq(at).and($table::id.lt(id));
        $table::$at.le(at).and($table::$at.lt(at).or(same))
    }};
}

pub(super) fn select(conn: &mut Conn, actor: &Actor, of: Of, kind: TimelineKind, place: Place) -> Result<Vec<Found>> {
    match kind {
        TimelineKind::Sale => sales(conn, &actor.scope(Action::SaleRead)?, of, place),
        TimelineKind::Card => card_events_of(conn, of, place),
        TimelineKind::Journal => entries(conn, of, place),
        TimelineKind::Task => tasks_of(conn, of, place),
        TimelineKind::Change => changes(conn, of, place),
        TimelineKind::Record => records_of(conn, of, place),
        TimelineKind::File => files_of(conn, of, place),
        TimelineKind::Membership => transfers_of(conn, of, place),
    }
}

fn memberships_of(conn: &mut Conn, (chain, customer): Of) -> Result<Vec<Id>> {
    let own = memberships::chain_id
        .eq(chain)
        .and(memberships::customer_id.eq(customer));
    Ok(each!(conn, c => memberships::table.select(memberships::id).filter(own).load(c)?))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bills)]
struct Bill {
    occurred_at: i64,
    id: Id,
    staff_id: Option<Id>,
    kind: String,
    total: i64,
    earned: i64,
    spent: i64,
}

/// Bills of each membership, and those without one: every part has its index.
fn sales(conn: &mut Conn, scope: &StoreScope, (chain, customer): Of, place: Place) -> Result<Vec<Found>> {
    let (all, stores) = match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
    };
    let mut holders: Vec<Option<Id>> = memberships_of(conn, (chain, customer))?.into_iter().map(Some).collect();
    holders.push(None);
    let mut found = Vec::new();
    for membership in holders {
        let rows: Vec<Bill> = each!(conn, c => {
            let mut rows = bills::table
                .select(Bill::as_select())
                .filter(bills::chain_id.eq(chain).and(below!(bills, occurred_at, place)))
                .filter(all.into_sql::<Bool>().or(bills::store_id.eq_any(&stores)))
                .into_boxed();
            rows = match membership {
                Some(membership) => rows.filter(bills::membership_id.eq(membership)),
                None => rows.filter(bills::customer_id.eq(customer).and(bills::membership_id.is_null())),
            };
            rows.order((bills::occurred_at.desc(), bills::id.desc())).limit(place.1).load(c)?
        });
        found.extend(rows.into_iter().map(|bill| Found {
            at: bill.occurred_at,
            id: bill.id,
            staff: bill.staff_id,
            what: Some(bill.kind),
            amount: Some(bill.total),
            points: Some(bill.earned - bill.spent),
            ..Found::default()
        }));
    }
    Ok(found)
}

fn card_events_of(conn: &mut Conn, (chain, customer): Of, place: Place) -> Result<Vec<Found>> {
    let members = memberships_of(conn, (chain, customer))?;
    let own = cards::chain_id.eq(chain).and(cards::membership_id.eq_any(members));
    let ids: Vec<Id> = each!(conn, c => cards::table.select(cards::id).filter(own).load(c)?);
    let own = card_events::chain_id.eq(chain).and(card_events::card_id.eq_any(ids));
    let rows: Vec<(Common, String, Id)> = each!(conn, c => card_events::table
        .select((
            (card_events::at, card_events::id, card_events::staff_id, card_events::operation),
            card_events::to_state,
            card_events::card_id,
        ))
        .filter(own.and(below!(card_events, at, place)))
        .order((card_events::at.desc(), card_events::id.desc()))
        .limit(place.1)
        .load(c)?);
    let found = rows.into_iter().map(|((at, id, staff, operation), state, card)| Found {
        at,
        id,
        staff,
        what: Some(operation),
        state: Some(state),
        subject: Some(card),
        ..Found::default()
    });
    Ok(found.collect())
}

/// Entries in whose place no other one stands.
fn entries(conn: &mut Conn, (chain, customer): Of, place: Place) -> Result<Vec<Found>> {
    let own = journal::chain_id.eq(chain).and(journal::customer_id.eq(customer));
    let rows: Vec<(Common, Vec<u8>, Option<i64>)> = each!(conn, c => journal::table
        .select((
            (journal::occurred_at, journal::id, journal::staff_id, journal::category),
            journal::texts,
            journal::amount,
        ))
        .filter(own.and(below!(journal, occurred_at, place)))
        .filter(standing!(chain))
        .order((journal::occurred_at.desc(), journal::id.desc()))
        .limit(place.1)
        .load(c)?);
    let found = rows
        .into_iter()
        .map(|((at, id, staff, category), texts, amount)| Found {
            at,
            id,
            staff,
            what: Some(category),
            sealed: Some(texts),
            amount,
            ..Found::default()
        });
    Ok(found.collect())
}

fn tasks_of(conn: &mut Conn, (chain, customer): Of, place: Place) -> Result<Vec<Found>> {
    let own = tasks::chain_id.eq(chain).and(tasks::customer_id.eq(customer));
    let rows: Vec<(Common, Vec<u8>, String)> = each!(conn, c => tasks::table
        .select((
            (tasks::created_at, tasks::id, tasks::created_by, tasks::kind),
            tasks::texts,
            tasks::state,
        ))
        .filter(own.and(below!(tasks, created_at, place)))
        .order((tasks::created_at.desc(), tasks::id.desc()))
        .limit(place.1)
        .load(c)?);
    let found = rows.into_iter().map(|((at, id, staff, kind), texts, state)| Found {
        at,
        id,
        staff,
        what: Some(kind),
        sealed: Some(texts),
        state: Some(state),
        ..Found::default()
    });
    Ok(found.collect())
}

fn changes(conn: &mut Conn, of: Of, (below, limit): Place) -> Result<Vec<Found>> {
    let rows = history::select(conn, of, below, limit)?;
    let found = rows.into_iter().map(|row| Found {
        at: row.at,
        id: row.id,
        staff: row.staff_id,
        sealed: Some(row.earlier),
        ..Found::default()
    });
    Ok(found.collect())
}

fn records_of(conn: &mut Conn, (chain, customer): Of, place: Place) -> Result<Vec<Found>> {
    let own = records::chain_id.eq(chain).and(records::customer_id.eq(customer));
    let rows: Vec<(i64, Id, Id)> = each!(conn, c => records::table
        .select((records::created_at, records::id, records::type_id))
        .filter(own.and(below!(records, created_at, place)))
        .order((records::created_at.desc(), records::id.desc()))
        .limit(place.1)
        .load(c)?);
    let found = rows.into_iter().map(|(at, id, kind)| Found {
        at,
        id,
        subject: Some(kind),
        ..Found::default()
    });
    Ok(found.collect())
}

fn files_of(conn: &mut Conn, (chain, customer): Of, place: Place) -> Result<Vec<Found>> {
    let own = files::chain_id.eq(chain).and(files::customer_id.eq(customer));
    let rows: Vec<(Common, Vec<u8>)> = each!(conn, c => files::table
        .select(((files::created_at, files::id, files::staff_id, files::media_type), files::sealed))
        .filter(own.and(below!(files, created_at, place)))
        .order((files::created_at.desc(), files::id.desc()))
        .limit(place.1)
        .load(c)?);
    let found = rows.into_iter().map(|((at, id, staff, media), sealed)| Found {
        at,
        id,
        staff,
        what: Some(media),
        sealed: Some(sealed),
        ..Found::default()
    });
    Ok(found.collect())
}

/// What the customer handed over, and what came to them: each side has its index.
fn transfers_of(conn: &mut Conn, (chain, customer): Of, place: Place) -> Result<Vec<Found>> {
    type Row = (i64, Id, Option<Id>, Id);
    let mut found = Vec::new();
    for handed_over in [true, false] {
        let rows: Vec<Row> = each!(conn, c => {
            let mut rows = holder_transfers::table
                .select((
                    holder_transfers::at,
                    holder_transfers::id,
                    holder_transfers::staff_id,
                    holder_transfers::membership_id,
                ))
                .filter(holder_transfers::chain_id.eq(chain).and(below!(holder_transfers, at, place)))
                .into_boxed();
            rows = match handed_over {
                true => rows.filter(holder_transfers::from_id.eq(customer)),
                false => rows.filter(holder_transfers::to_id.eq(customer)),
            };
            rows.order((holder_transfers::at.desc(), holder_transfers::id.desc())).limit(place.1).load(c)?
        });
        let what = if handed_over { "handed_over" } else { "taken_over" };
        found.extend(rows.into_iter().map(|(at, id, staff, membership)| Found {
            at,
            id,
            staff,
            what: Some(what.to_owned()),
            subject: Some(membership),
            ..Found::default()
        }));
    }
    Ok(found)
}
