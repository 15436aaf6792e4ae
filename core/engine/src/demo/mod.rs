//! Demo chains: invented people, stores and ninety days of trade, booked through the product's own commands.
//!
//! Everything follows from a seed and the last day of trade, card numbers included: filled twice, two databases have the
//! same fingerprint (`verify`). The business clock follows the days while they happen and the machine's clock afterwards.

mod binder;
mod cast;
mod dice;
mod fill;
mod happen;
mod people;
mod progress;
mod sample;
mod setup;
mod trade;

pub use progress::Progress;
pub use sample::{Sample, samples};
pub use setup::{Login, logins};

use crate::store::schema::installation;
use crate::store::{Answer, Scope, Tx};
use crate::{Engine, each};
use cardea_domain::{Code, Day, Refusal, Zone};
use cast::CHAINS;
use diesel::prelude::*;
use fill::Trade;
use std::sync::Arc;

/// The seed unless another is given.
pub const SEED: u64 = 1;

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 20 000 memberships.
    Full,
    /// 400 memberships, for tests.
    Small,
}

impl Size {
    fn memberships(self) -> u32 {
        match self {
            Self::Full => 20_000,
            Self::Small => 400,
        }
    }
}

/// The last day of trade unless another is given: fixed, so that a seed always means the same history.
pub fn last_day() -> Day {
    Day::from_ymd(2026, 11, 21).unwrap_or(Day(0))
}

/// Who looks on.
pub trait Watch {
    /// So many things will happen.
    fn starts(&mut self, events: u64);
    /// So many have.
    fn goes_on(&mut self, events: u64);
}

/// What a filled database was filled from.
///
/// # Errors
/// The database fails.
pub fn seed_of(engine: &Engine) -> crate::Result<Option<u64>> {
    engine.read(Scope::Installation, |conn| {
        let seed: Option<Option<i64>> =
            each!(conn, c => installation::table.select(installation::demo_seed).get_result(c).optional()?);
        Ok(seed.flatten().map(i64::cast_unsigned))
    })
}

/// # Errors
/// `already_exists` if anything was set up there before.
pub fn check_empty(engine: &Engine) -> Result<(), Refusal> {
    if engine.read(Scope::Installation, crate::store::installed)?.is_none() {
        return Ok(());
    }
    let en = "The data folder is in use already, perhaps by a demo that was cut off while it was filled; the demo needs an \
              empty one (--data FOLDER)";
    Err(Refusal::new(
        Code::AlreadyExists,
        "数据目录已有数据（也可能是未填充完的演示数据），演示需要空目录（--data 目录）",
        en,
    ))
}

/// Fills an empty database.
///
/// # Errors
/// `already_exists` if anything was set up there before; what a command refuses.
pub async fn fill(engine: &Engine, seed: u64, size: Size, until: Day, watch: &mut dyn Watch) -> Result<(), Refusal> {
    check_empty(engine)?;
    let first = until.plus_days(1 - i32::from(trade::DAYS)).unwrap_or(until);
    let mut trades = Vec::new();
    for chain in &CHAINS {
        let zone: Zone = chain.zone.parse().map_err(crate::Error::internal)?;
        let opening = zone
            .instant_at(first, 8 * 3600)
            .ok_or_else(|| crate::Error::internal("no such day"))?;
        let shop = setup::open(engine, seed, chain, opening).await?;
        let count = u64::from(size.memberships()) * chain.share / 1000;
        trades.push(Arc::new(Trade::new(engine, seed, shop, zone, count as u32)));
    }
    watch.starts(trades.iter().map(|trade| trade.len()).sum());
    // A fill that was cut off is begun anew, so its commits need not wait for the disk; the last one does.
    engine.database().set_flushing(false)?;
    let filled = fill::run(&trades, first, &mut |done| watch.goes_on(done)).await;
    engine.database().set_flushing(true)?;
    filled?;
    for trade in &trades {
        engine.clock().set_business(trade.chain(), None);
        binder::write(engine, &trade.shop).await?;
    }
    remember(engine, &trades, seed).await
}

/// Only a demo that is complete is remembered as one.
async fn remember(engine: &Engine, trades: &[Arc<Trade>], seed: u64) -> Result<(), Refusal> {
    let Some(trade) = trades.first() else { return Ok(()) };
    let note = move |tx: &mut Tx<'_>| {
        let seed = installation::demo_seed.eq(seed.cast_signed());
        each!(tx.conn(), c => diesel::update(installation::table).set(seed).execute(c)?);
        Ok(Answer::no_content())
    };
    engine.transact(trade.actor(), None, "demo.complete", note).await?;
    Ok(())
}

/// Points that can be spent.
fn available(balances: &[cardea_domain::ledger::Balance]) -> i64 {
    balances
        .iter()
        .find(|balance| balance.asset.0 == "points")
        .map_or(0, |balance| balance.available)
}
