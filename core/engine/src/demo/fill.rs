//! Makes the ninety days happen: day by day, many members at once, each one's commands in order.

use super::dice::Dice;
use super::happen::{Known, Work, happen};
use super::setup::Shop;
use super::trade::{self, Event, Happening, Member};
use crate::Engine;
use crate::lanes::Lanes;
use cardea_domain::{Day, Refusal, Zone};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;

/// Circles of members worked on at the same time.
const IN_FLIGHT: usize = 512;
/// Half past nine in the evening: the stores have closed and everything of the day lies before.
const CLOSING: u32 = 21 * 3600 + 1800;

/// One chain's trade.
pub(super) struct Trade {
    pub(super) engine: Engine,
    pub(super) actor: Arc<crate::Actor>,
    pub(super) seed: u64,
    pub(super) shop: Shop,
    pub(super) zone: Zone,
    pub(super) members: Vec<Member>,
    events: Vec<Event>,
    pub(super) known: Vec<Mutex<Known>>,
    pub(super) failed: Mutex<Option<Refusal>>,
}

impl Trade {
    pub fn new(engine: &Engine, seed: u64, shop: Shop, zone: Zone, count: u32) -> Self {
        let (members, events) = trade::plan(seed, shop.chain, count);
        let known = members.iter().map(|_| Mutex::default()).collect();
        let (engine, actor, failed) = (engine.clone(), Arc::new(shop.actor.clone()), Mutex::default());
        Self {
            engine,
            actor,
            seed,
            shop,
            zone,
            members,
            events,
            known,
            failed,
        }
    }

    pub fn chain(&self) -> cardea_domain::id::ChainId {
        self.actor.chain
    }

    pub fn actor(&self) -> &crate::Actor {
        &self.actor
    }

    /// Everything that will happen.
    pub fn len(&self) -> u64 {
        self.events.len() as u64
    }

    fn of_day(&self, day: u16) -> &[Event] {
        let from = self.events.partition_point(|e| e.day < day);
        let to = self.events.partition_point(|e| e.day <= day);
        &self.events[from..to]
    }

    /// One day after the other; `told` gets each one's number of events.
    async fn days(self: Arc<Self>, first: Day, told: UnboundedSender<u64>) -> Result<(), Refusal> {
        for number in 0..trade::DAYS {
            let day = first
                .plus_days(number.into())
                .ok_or_else(|| crate::Error::internal("the last day is out of range"))?;
            if let Some(closing) = self.zone.instant_at(day, CLOSING) {
                self.engine.clock().set_business(self.shop.actor.chain, Some(closing));
            }
            let lanes = Lanes::open(IN_FLIGHT, happen);
            let (events, mut receipts) = (self.of_day(number), HashMap::new());
            for event in events {
                let work = Work::ring(&self, *event, day, &mut receipts);
                let circle = (event.what == Happening::WalkIn, trade::circle(event.member));
                lanes.add(&circle, work).await;
            }
            lanes.close().await.map_err(crate::Error::internal)?;
            if let Some(refusal) = self.failed.lock().take() {
                return Err(refusal);
            }
            // Whoever listened has gone only with the fill.
            let _ = told.send(events.len() as u64);
        }
        Ok(())
    }

    pub(super) fn dice(&self, event: &Event) -> Dice {
        let path = [
            trade::code(self.shop.chain),
            event.member.into(),
            5,
            event.day.into(),
            event.second.into(),
        ];
        Dice::of(self.seed, &path)
    }
}

/// Lets all chains trade from `first` on, each at its own pace: while one waits for the end of its day, others go on.
/// `tell` hears how many events have happened.
pub(super) async fn run(trades: &[Arc<Trade>], first: Day, tell: &mut dyn FnMut(u64)) -> Result<(), Refusal> {
    let (told, mut hear) = mpsc::unbounded_channel();
    let mut chains = JoinSet::new();
    for trade in trades {
        chains.spawn(trade.clone().days(first, told.clone()));
    }
    drop(told);
    let mut done = 0;
    while let Some(events) = hear.recv().await {
        done += events;
        tell(done);
    }
    while let Some(ended) = chains.join_next().await {
        ended.map_err(crate::Error::internal)??;
    }
    Ok(())
}
