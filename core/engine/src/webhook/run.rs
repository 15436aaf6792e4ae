//! The loop: every second what was written is handed out, and each address that has something due gets a lane.

use super::endpoint;
use super::lane;
use super::row;
use crate::Engine;
use crate::error::Result;
use crate::store::{Across, Id, Scope, listened_to};
use cardea_domain::Refusal;
use cardea_domain::id::ChainId;
use std::pin::pin;
use std::time::Duration;
use tokio::task::JoinSet;

const PAUSE: Duration = Duration::from_secs(1);
/// After a failure of the database.
const LONG_PAUSE: Duration = Duration::from_secs(15);
/// Addresses that are sent to at the same time.
const LANES: usize = 32;

type Lanes = JoinSet<Result<(), Refusal>>;

/// Sends events of all chains until `stopped`, then what is on its way.
pub async fn deliver_until(engine: Engine, stopped: impl Future<Output = ()>) {
    let mut stopped = pin!(stopped);
    let (mut lanes, mut pause, mut turn) = (Lanes::new(), PAUSE, 0);
    loop {
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(pause) => {}
        }
        while let Some(done) = lanes.try_join_next() {
            ended(done);
        }
        turn += 1;
        pause = match begin(&engine, &mut lanes, turn).await {
            Ok(()) => PAUSE,
            Err(refusal) => {
                tell(&refusal);
                LONG_PAUSE
            }
        };
    }
    engine.receivers().stop();
    while let Some(done) = lanes.join_next().await {
        ended(done);
    }
}

fn ended(done: std::result::Result<Result<(), Refusal>, tokio::task::JoinError>) {
    match done {
        Ok(Ok(())) => {}
        Ok(Err(refusal)) => tell(&refusal),
        Err(error) => tracing::error!(%error, "sending webhooks broke off"),
    }
}

fn tell(refusal: &Refusal) {
    let code = refusal.code.as_str();
    tracing::error!(code, reason = refusal.detail.en, "webhooks aren't sent");
}

/// Hands out and begins lanes in all chains that are listened to; the first refusal, after the other chains had their turn.
async fn begin(engine: &Engine, lanes: &mut Lanes, turn: usize) -> Result<(), Refusal> {
    let listeners = engine.database().listeners();
    let begun = listeners.begun();
    let found = engine.read(Scope::AllChains(Across::Listeners), listened_to)?;
    let mut chains: Vec<ChainId> = found.iter().copied().collect();
    listeners.refresh(found, begun);
    if !chains.is_empty() {
        // Each is first in turn, where there are more addresses than lanes.
        let first = turn % chains.len();
        chains.rotate_left(first);
    }
    let mut outcome = Ok(());
    for chain in chains {
        outcome = outcome.and(begin_in(engine, chain, lanes).await);
    }
    outcome
}

async fn begin_in(engine: &Engine, chain: ChainId, lanes: &mut Lanes) -> Result<(), Refusal> {
    let to = engine.read(chain, |conn| endpoint::active(conn, chain))?;
    let ids: Vec<Id> = to.iter().map(|row| row.id).collect();
    engine.take_back_webhooks(chain, &ids).await?;
    engine.hand_out(chain, &to).await?;
    let (business, technical) = (engine.clock().business(chain), engine.clock().now().0);
    for id in ids {
        let place = (chain, id);
        if lanes.len() >= LANES || engine.receivers().breakers.paused_until(&place, technical).is_some() {
            continue;
        }
        if engine
            .read(chain, |conn| row::due(conn, place, business, 1))?
            .is_empty()
        {
            continue;
        }
        if let Some(busy) = engine.receivers().occupy(place) {
            lanes.spawn(lane::run(engine.clone(), busy));
        }
    }
    Ok(())
}
