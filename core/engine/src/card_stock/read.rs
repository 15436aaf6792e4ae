//! What is where, what has happened, and what is on its way.

use super::transfer::{self, TransferDifference, TransferDifferenceState, TransferRow};
use super::{BlankCard, BlankCounts, BlankRange, CardMove, CardTransfer, StockLine, StockOfPlace, TransferState};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::schema::{card_batches, card_moves, card_stock, card_transfers};
use crate::store::writer::blanks::{self, store_at};
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::card::CardKind;
use cardea_domain::card_stock::{BlankState, BlankStep};
use cardea_domain::id::*;
use cardea_domain::identifier::grouped_number;
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::IntoParams;
use uuid::Uuid;

/// Moves shown with one blank.
const MOVES: i64 = 200;

/// Which parcels are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardTransferQuery {
    #[param(inline)]
    pub state: Option<TransferState>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Which moves are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardMoveQuery {
    #[param(value_type = Option<Uuid>)]
    pub batch_id: Option<CardBatchId>,
    /// Only those of the register: lost, damaged, void, found.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    pub registered: bool,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// The whole number, typed or scanned.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlankQuery {
    pub number: String,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = card_moves)]
struct MoveRow {
    chain_id: Id,
    id: Id,
    batch_id: Id,
    first_serial: i32,
    last_serial: i32,
    step: Name<BlankStep>,
    from_place: Option<Id>,
    to_place: Id,
    staff_id: Option<Id>,
    at: i64,
    reason: Option<String>,
    transfer_id: Option<Id>,
    count_id: Option<Id>,
    card_id: Option<Id>,
}

impl MoveRow {
    fn view(self) -> CardMove {
        let store = |place: Id| store_at(ChainId(self.chain_id.0), place);
        CardMove {
            id: self.id.0,
            blanks: BlankRange {
                batch_id: self.batch_id.typed(),
                first: self.first_serial,
                last: self.last_serial,
            },
            quantity: self.last_serial - self.first_serial + 1,
            step: self.step.0,
            from_store_id: self.from_place.and_then(store),
            to_store_id: store(self.to_place),
            staff_id: self.staff_id.map(Id::typed),
            at: Instant(self.at),
            transfer_id: self.transfer_id.map(Id::typed),
            count_id: self.count_id.map(Id::typed),
            card_id: self.card_id.map(Id::typed),
            reason: self.reason,
        }
    }
}

/// Whether everything is seen, and otherwise at which places.
fn places(scope: &StoreScope) -> (bool, Vec<Id>) {
    match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
    }
}

fn transfer_views(conn: &mut Conn, chain: ChainId, rows: Vec<TransferRow>) -> Result<Vec<CardTransfer>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let mut ranges = transfer::ranges(conn, chain, &ids)?;
    let view = |row: TransferRow| {
        let moves = ranges.remove(&row.id).unwrap_or_default();
        let difference = |(step, range): &(BlankStep, BlankRange)| {
            let state = match step {
                BlankStep::Lost => TransferDifferenceState::Lost,
                BlankStep::Damaged => TransferDifferenceState::Damaged,
                _ => return None,
            };
            let BlankRange { batch_id, first, last } = *range;
            Some(TransferDifference {
                batch_id,
                first,
                last,
                state,
            })
        };
        let sent = moves.iter().filter(|(step, _)| *step == BlankStep::Sent);
        CardTransfer {
            id: row.id.typed(),
            state: match row.received_at {
                Some(_) => TransferState::Received,
                None => TransferState::Sent,
            },
            from_store_id: store_at(chain, row.from_place),
            to_store_id: store_at(chain, row.to_place),
            quantity: row.quantity,
            blanks: sent.map(|(_, range)| *range).collect(),
            note: row.note,
            sent_by: row.sent_by.map(Id::typed),
            sent_at: Instant(row.sent_at),
            received_by: row.received_by.map(Id::typed),
            received_at: row.received_at.map(Instant),
            lost: row.lost,
            damaged: row.damaged,
            differences: moves.iter().filter_map(difference).collect(),
            reason: row.reason,
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

fn lines(conn: &mut Conn, chain: ChainId, places: &[Id]) -> Result<HashMap<Id, Vec<StockLine>>> {
    type Row = (Id, Id, Id, Name<CardKind>, Name<BlankState>, i64);
    let same = card_batches::chain_id
        .eq(card_stock::chain_id)
        .and(card_batches::id.eq(card_stock::batch_id));
    let own = card_stock::chain_id
        .eq(Id::from(chain))
        .and(card_stock::place_id.eq_any(places))
        .and(card_stock::quantity.ne(0));
    let rows: Vec<Row> = each!(conn, c => card_stock::table
        .inner_join(card_batches::table.on(same))
        .select((
            card_stock::place_id,
            card_stock::batch_id,
            card_batches::program_id,
            card_batches::kind,
            card_stock::state,
            card_stock::quantity,
        ))
        .filter(own)
        .load(c)?);
    let mut found: HashMap<Id, BTreeMap<Id, StockLine>> = HashMap::new();
    for (place, batch, program, kind, state, quantity) in rows {
        let line = found
            .entry(place)
            .or_default()
            .entry(batch)
            .or_insert_with(|| StockLine {
                batch_id: batch.typed(),
                program_id: program.typed(),
                kind: kind.0,
                counts: BlankCounts::default(),
            });
        line.counts.add(state.0, quantity);
    }
    let ordered = found.into_iter();
    Ok(ordered
        .map(|(place, lines)| (place, lines.into_values().collect()))
        .collect())
}

impl Engine {
    pub(super) fn card_transfer_view(&self, chain: ChainId, id: Id) -> Result<CardTransfer> {
        self.read(chain, |conn| {
            let row = transfer::find(conn, chain, id)?.ok_or_else(not_found)?;
            Ok(transfer_views(conn, chain, vec![row])?.pop().ok_or_else(not_found)?)
        })
    }

    /// What is in stock at the actor's stores, place by place; at HQ too for who sees all.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn card_stock(&self, actor: &Actor, page: &PageArgs) -> Result<Page<StockOfPlace>, Refusal> {
        let (all, stores) = places(&actor.scope(Action::CardStockRead)?);
        let (limit, after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let chain = actor.chain;
        let found = self.read(chain, |conn| {
            let own = card_stock::chain_id
                .eq(Id::from(chain))
                .and(card_stock::place_id.gt(after))
                .and(card_stock::quantity.ne(0));
            let places: Vec<Id> = each!(conn, c => card_stock::table
                .select(card_stock::place_id)
                .filter(own)
                .filter(all.into_sql::<Bool>().or(card_stock::place_id.eq_any(stores.iter().copied())))
                .distinct()
                .order(card_stock::place_id)
                .limit(limit as i64 + 1)
                .load(c)?);
            let mut lines = lines(conn, chain, &places)?;
            Ok(places
                .into_iter()
                .map(|place| (place, lines.remove(&place).unwrap_or_default()))
                .collect::<Vec<_>>())
        })?;
        let page = Page::cut(found, limit, |(place, _)| place.text());
        Ok(page.map(|(place, lines)| StockOfPlace {
            store_id: store_at(chain, place),
            lines,
        }))
    }

    /// One parcel.
    ///
    /// # Errors
    /// `forbidden`; `not_found`, also for one between other stores.
    pub fn card_transfer(&self, actor: &Actor, id: CardTransferId) -> Result<CardTransfer, Refusal> {
        let scope = actor.scope(Action::CardStockRead)?;
        let found = self.card_transfer_view(actor.chain, id.into())?;
        let seen = |store: Option<StoreId>| match (&scope, store) {
            (StoreScope::All, _) => true,
            (StoreScope::Only(stores), Some(store)) => stores.contains(&store),
            (StoreScope::Only(_), None) => false,
        };
        if seen(found.from_store_id) || seen(found.to_store_id) {
            Ok(found)
        } else {
            Err(not_found())
        }
    }

    /// Parcels from and to the actor's stores, sent last first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn card_transfers(&self, actor: &Actor, query: &CardTransferQuery) -> Result<Page<CardTransfer>, Refusal> {
        let (all, stores) = places(&actor.scope(Action::CardStockRead)?);
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let chain = actor.chain;
        let found = self.read(chain, |conn| {
            let own = card_transfers::chain_id
                .eq(Id::from(chain))
                .and(card_transfers::id.lt(before));
            let rows: Vec<TransferRow> = each!(conn, c => {
                let here = card_transfers::from_place
                    .eq_any(stores.iter().copied())
                    .or(card_transfers::to_place.eq_any(stores.iter().copied()));
                let mut found = card_transfers::table
                    .select(TransferRow::as_select())
                    .filter(own.and(all.into_sql::<Bool>().or(here)))
                    .into_boxed();
                match query.state {
                    Some(TransferState::Sent) => found = found.filter(card_transfers::received_at.is_null()),
                    Some(TransferState::Received) => found = found.filter(card_transfers::received_at.is_not_null()),
                    None => {}
                }
                found.order(card_transfers::id.desc()).limit(limit as i64 + 1).load(c)?
            });
            transfer_views(conn, chain, rows)
        })?;
        Ok(Page::cut(found, limit, |transfer| transfer.id.to_string()))
    }

    /// What has happened to the blanks of the actor's stores, the newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn card_moves(&self, actor: &Actor, query: &CardMoveQuery) -> Result<Page<CardMove>, Refusal> {
        let (all, stores) = places(&actor.scope(Action::CardStockRead)?);
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let registered = BlankStep::ALL.iter().filter(|step| step.is_registered());
        let registered: Vec<Name<BlankStep>> = registered.map(|step| Name(*step)).collect();
        let found: Vec<MoveRow> = self.read(actor.chain, |conn| {
            let own = card_moves::chain_id
                .eq(Id::from(actor.chain))
                .and(card_moves::id.lt(before));
            Ok(each!(conn, c => {
                let here = card_moves::from_place
                    .eq_any(stores.iter().copied().map(Some))
                    .assume_not_null()
                    .or(card_moves::to_place.eq_any(stores.iter().copied()));
                let mut found = card_moves::table
                    .select(MoveRow::as_select())
                    .filter(own.and(all.into_sql::<Bool>().or(here)))
                    .into_boxed();
                if let Some(batch) = query.batch_id {
                    found = found.filter(card_moves::batch_id.eq(Id::from(batch)));
                }
                if query.registered {
                    found = found.filter(card_moves::step.eq_any(registered.iter().copied()));
                }
                found.order(card_moves::id.desc()).limit(limit as i64 + 1).load(c)?
            }))
        })?;
        let page = Page::cut(found, limit, |row| row.id.text());
        Ok(page.map(MoveRow::view))
    }

    /// The blank of a whole number, wherever it is: who has it in hand may know.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn blank_card(&self, actor: &Actor, query: &BlankQuery) -> Result<BlankCard, Refusal> {
        actor.scope(Action::CardStockRead)?;
        let chain = actor.chain;
        Ok(self.read(chain, |conn| {
            let blank = blanks::find(conn, chain, &grouped_number(&query.number))?.ok_or_else(not_found)?;
            let own = card_moves::chain_id
                .eq(Id::from(chain))
                .and(card_moves::batch_id.eq(Id::from(blank.batch)))
                .and(card_moves::first_serial.le(blank.serial))
                .and(card_moves::last_serial.ge(blank.serial));
            let moves: Vec<MoveRow> = each!(conn, c => card_moves::table
                .select(MoveRow::as_select())
                .filter(own)
                .order(card_moves::id.desc())
                .limit(MOVES)
                .load(c)?);
            Ok(BlankCard {
                batch_id: blank.batch,
                serial: blank.serial,
                program_id: blank.program,
                kind: blank.kind,
                valid_through: blank.valid_through,
                state: blank.state,
                store_id: blank.store,
                moves: moves.into_iter().map(MoveRow::view).collect(),
            })
        })?)
    }
}
