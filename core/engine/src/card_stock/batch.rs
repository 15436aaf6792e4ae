//! Batches: making and reading them.

use super::row::{self, BatchRow};
use super::{BlankCounts, CardBatch, draw};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{self, Stored, Written, field, not_found};
use crate::page::{Page, PageArgs};
use crate::store::schema::{card_batches, card_stock};
use crate::store::writer::blanks::{place, store_at};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Lane, Name, Tx};
use crate::{Engine, each};
use cardea_domain::card::CardKind;
use cardea_domain::card_stock::{BlankState, MOST_BLANKS};
use cardea_domain::id::*;
use cardea_domain::{Day, Instant, Refusal};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Blanks to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCardBatch {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// The kind of card that they become.
    pub kind: CardKind,
    /// Where they are in stock at first; absent: at HQ.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    #[schema(minimum = 1, maximum = 20_000)]
    pub quantity: i32,
    #[schema(min_length = 1, max_length = 60, example = "2026 春季金卡")]
    pub name: String,
    /// The last day on which they may be issued; absent: no such day.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
}

fn check(new: &NewCardBatch, today: Day) -> Result<String, Refusal> {
    if !(1..=MOST_BLANKS).contains(&new.quantity) {
        let (zh, en) = (
            "一批 1–20000 张；更多请分批",
            "1–20000 cards of a batch; make several for more",
        );
        return Err(field("/quantity", zh, en).with(|facts| facts.limit = Some(MOST_BLANKS.into())));
    }
    if new.valid_through.is_some_and(|last| last < today) {
        let (zh, en) = ("有效期不能早于今天", "The last day can't lie before today");
        return Err(field("/valid_through", zh, en));
    }
    input::text(&new.name, 60, "/name")
}

/// Totals of batches, at all places.
fn totals(conn: &mut Conn, chain: ChainId, batches: &[Id]) -> Result<HashMap<Id, BlankCounts>> {
    let own = card_stock::chain_id
        .eq(Id::from(chain))
        .and(card_stock::batch_id.eq_any(batches));
    let rows: Vec<(Id, Name<BlankState>, i64)> = each!(conn, c => card_stock::table
        .select((card_stock::batch_id, card_stock::state, card_stock::quantity))
        .filter(own)
        .load(c)?);
    let mut totals: HashMap<Id, BlankCounts> = HashMap::new();
    for (batch, state, quantity) in rows {
        totals.entry(batch).or_default().add(state.0, quantity);
    }
    Ok(totals)
}

fn views(conn: &mut Conn, chain: ChainId, rows: Vec<BatchRow>) -> Result<Vec<CardBatch>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let totals = totals(conn, chain, &ids)?;
    let view = |row: BatchRow| CardBatch {
        id: row.id.typed(),
        program_id: row.program_id.typed(),
        kind: row.kind.0,
        store_id: store_at(chain, row.place_id),
        quantity: row.quantity,
        drawn: row.drawn,
        valid_through: row.valid_through.map(Day),
        created_by: row.staff_id.map(Id::typed),
        created_at: Instant(row.created_at),
        counts: totals.get(&row.id).copied().unwrap_or_default(),
        name: row.name,
    };
    Ok(rows.into_iter().map(view).collect())
}

impl Engine {
    fn card_batch_view(&self, chain: ChainId, id: Id) -> Result<CardBatch> {
        self.read(chain, |conn| {
            let row = row::batch(conn, chain, id)?.ok_or_else(not_found)?;
            Ok(views(conn, chain, vec![row])?.pop().ok_or_else(not_found)?)
        })
    }

    /// Makes a batch. Its first numbers are drawn at once, those of a large one go on in the background.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`.
    pub async fn create_card_batch(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewCardBatch,
    ) -> Result<Written<CardBatch>, Refusal> {
        actor.require(Action::CardBatchWrite, None)?;
        let zone = self.chain(actor.chain)?.time_zone;
        let name = check(&new, zone.day_of(self.clock().business(actor.chain)))?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            row::check_program(tx.conn(), chain, new.program_id, "/program_id")?;
            row::check_store(tx.conn(), chain, new.store_id, "/store_id")?;
            let batch = BatchRow {
                chain_id: chain.into(),
                id: tx.new_id::<CardBatchId>().into(),
                program_id: new.program_id.into(),
                kind: Name(new.kind),
                place_id: place(chain, new.store_id),
                name: name.clone(),
                quantity: new.quantity,
                drawn: 0,
                valid_through: new.valid_through.map(|day| day.0),
                staff_id: tx.actor().staff.map(Id::from),
                created_at: tx.business_now().0,
            };
            each!(tx.conn(), c => diesel::insert_into(card_batches::table).values(&batch).execute(c)?);
            let detail = json!({
                "program_id": new.program_id, "kind": new.kind, "store_id": new.store_id, "quantity": new.quantity,
            });
            tx.audit("card_batch.create", batch.id.0, detail);
            draw::next(tx, batch.id)?;
            Answer::created(&Stored::of(batch.id))
        };
        let made = self
            .transact_in(Lane::Bulk, actor, key, "card_batch.create", work)
            .await?;
        let made = Written::read(made, |id| self.card_batch_view(actor.chain, id.into()))?;
        if !made.replayed && made.value.drawn < made.value.quantity {
            draw::start(self, actor, made.value.id.into())?;
        }
        Ok(made)
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden`; `not_found`, also for one of which the actor's stores have no blanks.
    pub fn card_batch(&self, actor: &Actor, id: CardBatchId) -> Result<CardBatch, Refusal> {
        let scope = actor.scope(Action::CardStockRead)?;
        let found = self.read(actor.chain, |conn| {
            let rows = select(conn, (actor.chain, &scope), Some(id.into()), (Id(Uuid::max()), 1))?;
            views(conn, actor.chain, rows)
        })?;
        found.into_iter().next().ok_or_else(not_found)
    }

    /// Batches, the newest first: those of which the actor's stores have blanks.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn card_batches(&self, actor: &Actor, page: &PageArgs) -> Result<Page<CardBatch>, Refusal> {
        let scope = actor.scope(Action::CardStockRead)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let found = self.read(actor.chain, |conn| {
            let rows = select(conn, (actor.chain, &scope), None, (before, limit as i64 + 1))?;
            views(conn, actor.chain, rows)
        })?;
        Ok(Page::cut(found, limit, |batch| batch.id.to_string()))
    }
}

fn select(
    conn: &mut Conn,
    (chain, scope): (ChainId, &StoreScope),
    only: Option<Id>,
    (before, limit): (Id, i64),
) -> Result<Vec<BatchRow>> {
    let (all, stores) = match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
    };
    let own = card_batches::chain_id.eq(Id::from(chain));
    Ok(each!(conn, c => {
        let here = card_stock::chain_id
            .eq(card_batches::chain_id)
            .and(card_stock::batch_id.eq(card_batches::id))
            .and(card_stock::place_id.eq_any(stores.iter().copied()));
        let mut found = card_batches::table
            .select(BatchRow::as_select())
            .filter(own.and(all.into_sql::<Bool>().or(exists(card_stock::table.filter(here)))))
            .into_boxed();
        found = match only {
            Some(id) => found.filter(card_batches::id.eq(id)),
            None => found.filter(card_batches::id.lt(before)),
        };
        found.order(card_batches::id.desc()).limit(limit).load(c)?
    }))
}
