//! Where commands are prepared: what they read outside the writer, and how they turn it into a decision's context.

use super::Purpose;
use crate::actor::Actor;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::program::{Configuration, Loaded, Wait};
use crate::store::statement::{fetch, statements};
use crate::store::writer::load;
use cardea_domain::id::*;
use cardea_domain::identifier::identifier;
use cardea_domain::ledger::Member;
use cardea_domain::sale::{BillKind, Context, NaturalKey, Terms};
use cardea_domain::tier::Ladder;
use cardea_domain::{Code, Instant, Minor, Refusal, Zone};
use diesel::sql_types::{BigInt, Bool, Integer, Text};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::sync::Arc;
use uuid::Uuid;

pub(super) use crate::card_stock::random_number as new_number;

statements! {
    SelectStore -> (Text, Bool, Integer, BigInt, BigInt) =
        "SELECT s.time_zone, s.active, c.minor_units, c.bill_limit, c.campaigns_version FROM stores s JOIN chains c ON c.id = s.chain_id \
         WHERE s.chain_id = ? AND s.id = ?";
}

/// A command's view of the engine while it is proposed.
pub(super) struct Desk<'a> {
    pub engine: &'a Engine,
    pub actor: &'a Actor,
    pub purpose: Purpose,
    /// The store that books, once it was looked up.
    store: Cell<Option<StoreFacts>>,
}

/// The store that books.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoreFacts {
    pub id: StoreId,
    pub zone: Zone,
    pub minor_units: u32,
    /// The chain's limit of a bill.
    pub bill_limit: Minor,
    /// How often the chain's campaigns have changed; 0: it has none.
    pub campaigns: i64,
}

impl<'a> Desk<'a> {
    pub fn new(engine: &'a Engine, actor: &'a Actor, purpose: Purpose) -> Self {
        Self {
            engine,
            actor,
            purpose,
            store: Cell::new(None),
        }
    }

    pub fn chain(&self) -> ChainId {
        self.actor.chain
    }

    /// The chain's business time; a trusted command of the past (an import) is judged as of then.
    pub fn now(&self, as_of: Option<Instant>) -> Instant {
        as_of.unwrap_or_else(|| self.engine.clock().business(self.actor.chain))
    }

    /// Whether the actor may book what lies more than seven days back: a manager, an import.
    pub fn privileged(&self, trusted: bool) -> bool {
        use crate::actor::Role::{HqAdmin, StoreManager};
        trusted || matches!(self.actor.role, HqAdmin | StoreManager)
    }

    /// # Errors
    /// `not_found`; `field_invalid` for a store that is closed.
    pub fn store(&self, id: StoreId) -> Result<StoreFacts> {
        if let Some(known) = self.store.get().filter(|store| store.id == id) {
            return Ok(known);
        }
        let (facts, active) = self.look_up(id)?;
        if !active {
            let (zh, en) = ("门店已停业", "The store is closed");
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/store_id").into());
        }
        self.store.set(Some(facts));
        Ok(facts)
    }

    /// A store, whether or not it is closed.
    ///
    /// # Errors
    /// `not_found`.
    pub fn facts(&self, id: StoreId) -> Result<StoreFacts> {
        Ok(self.look_up(id)?.0)
    }

    fn look_up(&self, id: StoreId) -> Result<(StoreFacts, bool)> {
        let row = self.engine.read(self.chain(), |conn| {
            Ok(fetch!(conn, SelectStore, [self.chain(), id] => (String, bool, i32, i64, i64))?.pop())
        })?;
        let Some((zone, active, minor_units, bill_limit, campaigns)) = row else {
            return Err(Refusal::new(Code::NotFound, "没有这家门店", "There is no such store")
                .at("/store_id")
                .into());
        };
        let facts = StoreFacts {
            id,
            zone: zone.parse().map_err(Error::internal)?,
            minor_units: minor_units as u32,
            bill_limit,
            campaigns,
        };
        Ok((facts, active))
    }

    /// The zone of any store, closed ones too.
    pub fn zone(&self, id: StoreId) -> Result<Zone> {
        let row = self.engine.read(self.chain(), |conn| {
            Ok(fetch!(conn, SelectStore, [self.chain(), id] => (String, bool, i32, i64, i64))?.pop())
        })?;
        let (zone, ..) = row.ok_or_else(|| Error::internal(format!("store {id} is missing")))?;
        zone.parse().map_err(Error::internal)
    }

    /// A membership without its accounts: enough to ask the plugin.
    pub fn member_head(&self, id: MembershipId) -> Result<Member> {
        let head = self
            .engine
            .read(self.chain(), |conn| load::member_head(conn, self.chain(), id))?;
        head.ok_or_else(|| Error::internal(format!("membership {id} is missing")))
    }

    /// The customer's open and unexpired membership in a program.
    pub fn open_membership(
        &self,
        customer: CustomerId,
        program: ProgramId,
        now: Instant,
    ) -> Result<Option<MembershipId>> {
        self.engine.read(self.chain(), |conn| {
            load::open_membership(conn, self.chain(), customer, program, now)
        })
    }

    /// # Errors
    /// `not_found` for an unknown program.
    pub fn configuration(&self, program: ProgramId, at: Instant) -> Result<Arc<Configuration>> {
        self.engine.configuration_at(self.chain(), program, at)
    }

    /// The configuration's plugin, or why there is none now; a till doesn't wait for it any longer than 2 s.
    pub fn plugin(&self, configuration: &Configuration) -> Result<Loaded> {
        self.engine.plugin_of(configuration, Wait::Briefly)
    }

    /// The context of a decision; without a configuration (a sale of nobody) it holds no rules.
    pub fn context(&self, store: StoreFacts, configuration: Option<&Configuration>, now: Instant) -> Context {
        Context {
            staff: self.actor.staff,
            now,
            judged_at: now,
            store: store.id,
            zone: store.zone,
            minor_units: store.minor_units,
            configuration: configuration.map_or(ConfigurationId(Uuid::nil()), |c| c.id),
            terms: configuration.map_or_else(Terms::default, |c| c.terms.clone()),
            ladder: configuration.map_or_else(Ladder::default, |c| c.ladder.clone()),
        }
    }
}

/// What a till calls its bill.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receipt<'a> {
    pub source: &'a str,
    pub till: &'a str,
    pub receipt: &'a str,
}

impl Receipt<'_> {
    /// The permanent key: the business date is the day in the store's zone, its texts are brought to one form.
    ///
    /// # Errors
    /// `field_invalid` for a part that is empty or longer than 64 characters.
    pub fn key(&self, store: StoreFacts, occurred_at: Instant, kind: BillKind) -> Result<NaturalKey, Refusal> {
        let part = |name: &str, text: &str| match identifier(text) {
            part if (1..=64).contains(&part.chars().count()) => Ok(part),
            _ => Err(Refusal::new(Code::FieldInvalid, "须为 1–64 个字符", "1–64 characters").at(format!("/{name}"))),
        };
        Ok(NaturalKey {
            store: store.id,
            source: part("source", self.source)?,
            till: part("till", self.till)?,
            business_date: store.zone.day_of(occurred_at),
            receipt: part("receipt", self.receipt)?,
            kind,
        })
    }
}

/// Hash of what a till sent, over its canonical JSON.
pub(super) fn content_hash(content: &impl Serialize) -> Result<[u8; 32]> {
    Ok(Sha256::digest(serde_json::to_vec(content)?).into())
}

/// # Errors
/// `field_invalid` for an empty or too long reason.
pub(super) fn check_reason(reason: &str) -> Result<(), Refusal> {
    match reason.trim().chars().count() {
        1..=200 => Ok(()),
        _ => Err(Refusal::new(
            Code::FieldInvalid,
            "请填写原因（最多 200 字）",
            "Give a reason of at most 200 characters",
        )
        .at("/reason")),
    }
}

/// The state changed between the proposal and the decision: propose again.
pub(super) fn stale() -> Refusal {
    Refusal::new(
        Code::Busy,
        "数据刚被修改，请重试",
        "It has just been changed; try again",
    )
}

pub(super) fn no_such_card() -> Refusal {
    Refusal::new(Code::NotFound, "没有这张卡", "There is no such card")
}

pub(super) fn no_such_membership() -> Refusal {
    Refusal::new(Code::NotFound, "没有这个会籍", "There is no such membership")
}

/// What books where nothing is said.
pub(super) fn a_till() -> String {
    "till".into()
}

/// What books; a till where it is `null`.
pub(super) fn or_a_till<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(<Option<String> as serde::Deserialize>::deserialize(deserializer)?.unwrap_or_else(a_till))
}
