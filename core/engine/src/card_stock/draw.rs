//! Drawing the numbers of a batch: a slice at a time, so that tills don't wait; how many there are stands in the batch's row,
//! written with the blanks themselves. It goes on there, by whichever server.

use super::moves::Step;
use super::row::{self, BatchRow, BlankRow, SOME};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::input::not_found;
use crate::store::schema::{card_batches, card_blanks, cards};
use crate::store::{Answer, Conn, Id, Lane, Name, Tx};
use crate::{Engine, each};
use cardea_domain::card::CardNumber;
use cardea_domain::card_stock::{BlankState, BlankStep};
use cardea_domain::id::ChainId;
use cardea_domain::{Code, Refusal};
use diesel::prelude::*;
use rand::TryRngCore;
use serde_json::json;
use std::collections::HashSet;

/// Numbers of one transaction.
const SLICE: i32 = 1000;

/// A card number nobody can guess.
pub(crate) fn random_number() -> Result<CardNumber> {
    let bits = rand::rngs::OsRng
        .try_next_u64()
        .map_err(|e| Error::internal(format!("the system's randomness: {e}")))?;
    Ok(CardNumber::from_random(bits))
}

/// Numbers that no card and no blank has, in the order in which they were drawn: their neighbours tell nothing of them.
fn fresh(conn: &mut Conn, chain: ChainId, most: i32) -> Result<Vec<String>> {
    let (mut fresh, mut drawn) = (Vec::new(), HashSet::new());
    while fresh.len() < most as usize {
        let mut some = Vec::new();
        while some.len() < (most as usize - fresh.len()).min(SOME) {
            let number = String::from(random_number()?);
            if drawn.insert(number.clone()) {
                some.push(number);
            }
        }
        let taken = taken(conn, chain, &some)?;
        fresh.extend(some.into_iter().filter(|number| !taken.contains(number)));
    }
    Ok(fresh)
}

fn taken(conn: &mut Conn, chain: ChainId, numbers: &[String]) -> Result<HashSet<String>> {
    let of_cards = cards::chain_id.eq(Id::from(chain)).and(cards::number.eq_any(numbers));
    let cards: Vec<String> = each!(conn, c => cards::table.select(cards::number).filter(of_cards).load(c)?);
    let blanks = row::by_number(conn, chain, numbers)?;
    Ok(cards
        .into_iter()
        .chain(blanks.into_iter().map(|blank| blank.number))
        .collect())
}

/// Draws the next numbers of a batch; answers how many are still missing.
pub(super) fn next(tx: &mut Tx<'_>, id: Id) -> Result<i32> {
    let chain = tx.chain();
    let batch = row::batch(tx.conn(), chain, id)?.ok_or_else(not_found)?;
    let most = SLICE.min(batch.quantity - batch.drawn);
    if most <= 0 {
        return Ok(0);
    }
    let numbers = fresh(tx.conn(), chain, most)?;
    let blanks: Vec<BlankRow> = (batch.drawn + 1..)
        .zip(numbers)
        .map(|(serial, number)| BlankRow {
            chain_id: batch.chain_id,
            number,
            batch_id: id,
            serial,
            place_id: batch.place_id,
            state: Name(BlankState::InStock),
            card_id: None,
        })
        .collect();
    for rows in blanks.chunks(SOME) {
        each!(tx.conn(), c => diesel::insert_into(card_blanks::table).values(rows).execute(c)?);
    }
    let made = Step {
        step: BlankStep::Made,
        to: None,
        reason: None,
        transfer: None,
        count: None,
    };
    let run = (batch.drawn + 1, batch.drawn + most);
    made.note(tx, (id, run), None, (BlankState::InStock, batch.place_id))?;
    advance(tx, &batch, run.1)?;
    Ok(batch.quantity - run.1)
}

fn advance(tx: &mut Tx<'_>, batch: &BatchRow, drawn: i32) -> Result<()> {
    let own = card_batches::chain_id
        .eq(batch.chain_id)
        .and(card_batches::id.eq(batch.id))
        .and(card_batches::drawn.eq(batch.drawn));
    let set = card_batches::drawn.eq(drawn);
    let changed = each!(tx.conn(), c => diesel::update(card_batches::table.filter(own)).set(set).execute(c)?);
    if changed != 1 {
        let (zh, en) = (
            "另一台服务器正在生成此批卡号",
            "Another server draws this batch's numbers",
        );
        return Err(Refusal::new(Code::Busy, zh, en).into());
    }
    if drawn == batch.quantity {
        tx.audit("card_batch.ready", batch.id.0, json!({ "quantity": drawn }));
        tx.publish("card_batch.ready", json!({ "batch_id": batch.id.0, "quantity": drawn }));
    }
    Ok(())
}

/// Goes on in the background.
pub(super) fn start(engine: &Engine, actor: &Actor, id: Id) -> Result<()> {
    let (engine, actor) = (engine.clone(), actor.clone());
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done = match runtime {
            Ok(runtime) => runtime.block_on(all(&engine, &actor, id)),
            Err(e) => Err(Error::internal(e).into()),
        };
        if let Err(refusal) = done {
            tracing::warn!(batch = %id.text(), code = refusal.code.as_str(), "a batch of cards waits: {}", refusal.detail.en);
        }
    };
    let thread = std::thread::Builder::new().name("card-batch".into());
    thread.spawn(work).map_err(Error::internal)?;
    Ok(())
}

async fn all(engine: &Engine, actor: &Actor, id: Id) -> Result<(), Refusal> {
    loop {
        let work = move |tx: &mut Tx<'_>| Answer::ok(&next(tx, id)?);
        let done = engine
            .transact_in(Lane::Bulk, actor, None, "card_batch.draw", work)
            .await?;
        let missing: i32 = serde_json::from_str(&done.json).map_err(Error::from)?;
        if missing == 0 {
            return Ok(());
        }
    }
}

/// Goes on with batches whose server stopped, each in its maker's name; answers how many became ready. Two that work on
/// one batch take turns.
///
/// # Errors
/// `busy`, `storage_unavailable`.
pub(crate) async fn go_on(engine: &Engine, chain: ChainId) -> Result<u64, Refusal> {
    let waiting: Vec<BatchRow> = engine.read(chain, |conn| {
        let own = card_batches::chain_id
            .eq(Id::from(chain))
            .and(card_batches::drawn.lt(card_batches::quantity));
        Ok(each!(conn, c => card_batches::table
            .select(BatchRow::as_select())
            .filter(own)
            .order(card_batches::id)
            .load(c)?))
    })?;
    for batch in &waiting {
        let actor = Actor {
            staff: batch.staff_id.map(Id::typed),
            ..Actor::system(chain)
        };
        all(engine, &actor, batch.id).await?;
    }
    Ok(waiting.len() as u64)
}
