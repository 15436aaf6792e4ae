//! How a membership's tier came about, what keeps it and what reaches the next (D-TIER-3); its lots with their ends.

use super::holder::Holders;
use super::memberships::{Lot, lots};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::not_found;
use crate::store::schema::{memberships, staff, stores, tier_changes};
use crate::store::writer::ledger::MemberNeed;
use crate::store::writer::load;
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::id::{BillId, ChainId, MembershipId, StaffId};
use cardea_domain::ledger::Asset;
use cardea_domain::measure::Measured;
use cardea_domain::rows::TierChangeKind;
use cardea_domain::tier::{Ladder, Needed, NextStep, TierReason, TierView};
use cardea_domain::{Day, Instant, Refusal, Text, Zone};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Changes that are shown, the last ones.
const CHANGES: i64 = 50;

/// Days ahead that lots are looked at if nothing else is asked for.
const AHEAD: i32 = 30;

/// A tier with what keeps it, what reaches the next one, which follows, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MembershipTier)]
pub struct MembershipTier {
    pub tier: TierView,
    /// Last day of the tier before its review, grace not counted, or of one that was set by hand; null: it has no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    /// Set by hand, and by whom; null: the figures gave it.
    pub manual: Option<ManualTier>,
    /// All that keeps it, with what counts at the review so far; null where it has no end.
    pub keeps: Option<Needed>,
    /// null on the highest step.
    pub next: Option<NextStep>,
    /// The tier that follows if nothing is added until `valid_through`; null where it has no end.
    pub then: Option<TierView>,
    /// The last 50 changes, newest first.
    pub changes: Vec<TierChange>,
}

/// A tier that somebody has set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ManualTier {
    pub reason: Option<TierReason>,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub staff_name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// What the figures give meanwhile.
    pub own: TierView,
}

/// Why a tier changed, or was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TierChange {
    #[schema(value_type = String)]
    pub kind: TierChangeKind,
    pub from: TierView,
    pub to: TierView,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// As of when its figures are.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Last day of `to` as it was given then; null: no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    /// All conditions with their figures of that time.
    pub figures: Needed,
    /// The bill that caused it.
    #[schema(value_type = Option<Uuid>)]
    pub bill_id: Option<BillId>,
    /// Who set it by hand, and why.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub reason: Option<TierReason>,
    pub explanation: Text,
}

/// What a membership's lots come to by a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MembershipLots {
    #[schema(value_type = String, format = Date)]
    pub by: Day,
    /// What ends by then, that day included, for each asset of which something does.
    pub expiring: Vec<Expiring>,
    /// In the order in which they are spent: soonest end first, those without an end last.
    pub lots: Vec<Lot>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Expiring {
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    #[schema(example = 300)]
    pub amount: i64,
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LotsQuery {
    /// The last day of what is summed up as expiring; 30 days from now if absent.
    #[param(value_type = Option<String>, format = Date)]
    pub expiring_by: Option<Day>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tier_changes)]
struct Row {
    kind: Name<TierChangeKind>,
    from_tier: String,
    to_tier: String,
    since: i32,
    day: i32,
    at: i64,
    cause: Option<Id>,
    figure: i64,
    threshold: i64,
    explanation_zh: String,
    explanation_en: String,
    figures: Option<String>,
    valid_through: Option<i32>,
    staff_id: Option<Id>,
    reason: Option<Name<TierReason>>,
}

impl Row {
    fn view(self, ladder: &Ladder) -> Result<TierChange> {
        let measured = match &self.figures {
            Some(figures) => serde_json::from_str(figures)?,
            None => Measured::paid((Day(self.since), Day(self.day)), (self.figure, self.threshold)),
        };
        Ok(TierChange {
            kind: self.kind.0,
            from: ladder.view(&self.from_tier),
            to: ladder.view(&self.to_tier),
            at: Instant(self.at),
            day: Day(self.day),
            valid_through: self.valid_through.map(Day),
            figures: Needed::of(&measured),
            bill_id: self.cause.map(Id::typed),
            staff_id: self.staff_id.map(Id::typed),
            reason: self.reason.map(|reason| reason.0),
            explanation: Text::new(self.explanation_zh, self.explanation_en),
        })
    }
}

/// A membership that somebody looks at: the zone of its store, and today there.
struct Found {
    zone: Zone,
    today: Day,
    program: Id,
}

fn find(engine: &Engine, actor: &Actor, id: MembershipId) -> Result<Found, Refusal> {
    actor.scope(Action::MembershipRead)?;
    let chain = Id::from(actor.chain);
    let row: Option<(Id, Id, String)> = engine.read(actor.chain, |conn| {
        Ok(each!(conn, c => memberships::table
            .inner_join(stores::table.on(stores::chain_id.eq(memberships::chain_id).and(stores::id.eq(memberships::store_id))))
            .filter(memberships::chain_id.eq(chain).and(memberships::id.eq(Id::from(id))))
            .select((memberships::program_id, memberships::store_id, stores::time_zone))
            .get_result(c)
            .optional()?))
    })?;
    let (program, store, zone) = row.ok_or_else(not_found)?;
    actor.require(Action::MembershipRead, Some(store.typed()))?;
    let zone: Zone = super::named(&zone)?;
    Ok(Found {
        zone,
        today: zone.day_of(engine.clock().business(actor.chain)),
        program,
    })
}

fn changes(conn: &mut Conn, chain: ChainId, id: MembershipId) -> Result<Vec<Row>> {
    Ok(each!(conn, c => tier_changes::table
        .select(Row::as_select())
        .filter(tier_changes::chain_id.eq(Id::from(chain)).and(tier_changes::membership_id.eq(Id::from(id))))
        .order((tier_changes::at.desc(), tier_changes::id.desc()))
        .limit(CHANGES)
        .load(c)?))
}

impl Engine {
    /// How a membership's tier stands and came about.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn membership_tier(&self, actor: &Actor, id: MembershipId) -> Result<MembershipTier, Refusal> {
        let Found { today, program, .. } = find(self, actor, id)?;
        let chain = actor.chain;
        let ladder = self.ladder_at(chain, program.typed(), self.clock().business(chain))?;
        let need = MemberNeed {
            id,
            figures: ladder.wanted(today),
            upgrades: false,
        };
        let (member, changes, since) = self.read(chain, |conn| {
            let member = load::member(conn, chain, &need)?;
            Ok((member, changes(conn, chain, id)?, load::tier_since(conn, chain, id)?))
        })?;
        let member = member.ok_or_else(not_found)?;
        let standing = ladder.standing(&member, since, today);
        let manual = changes.iter().find(|change| change.kind.0 == TierChangeKind::Manual);
        let manual = manual.filter(|_| member.below.is_some());
        let staff_name = self.name_of(chain, manual.and_then(|change| change.staff_id))?;
        let manual = manual.map(|change| ManualTier {
            reason: change.reason.map(|reason| reason.0),
            staff_id: change.staff_id.map(Id::typed),
            staff_name,
            at: Instant(change.at),
            own: ladder.view(member.own_tier()),
        });
        Ok(MembershipTier {
            tier: ladder.view(&member.tier),
            valid_through: standing.valid_through,
            manual,
            keeps: standing.keeps.as_ref().map(Needed::of),
            next: standing.next,
            then: standing.then,
            changes: changes
                .into_iter()
                .map(|change| change.view(&ladder))
                .collect::<Result<_>>()?,
        })
    }

    fn name_of(&self, chain: ChainId, id: Option<Id>) -> Result<Option<String>> {
        let Some(id) = id else { return Ok(None) };
        self.read(chain, |conn| {
            Ok(each!(conn, c => staff::table
                .find((Id::from(chain), id))
                .select(staff::name)
                .get_result(c)
                .optional()?))
        })
    }

    /// A membership's lots with their ends, and what ends by a day; nothing after the membership's own end.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn membership_lots(
        &self,
        actor: &Actor,
        id: MembershipId,
        query: LotsQuery,
    ) -> Result<MembershipLots, Refusal> {
        let Found { zone, today, .. } = find(self, actor, id)?;
        let holders = Holders::load(self, actor.chain, &[super::holder::without_figures(id)])?;
        let member = holders
            .member(id)
            .ok_or_else(|| Error::internal(format!("membership {id} has gone")))?;
        let by = query.expiring_by.or_else(|| today.plus_days(AHEAD)).unwrap_or(today);
        let lots = match member.check_open(holders.now) {
            Ok(()) => lots(member, zone, holders.now),
            Err(_) => Vec::new(),
        };
        let mut sums: BTreeMap<Asset, i64> = BTreeMap::new();
        for lot in lots
            .iter()
            .filter(|lot| lot.valid_through.is_some_and(|last| last <= by))
        {
            *sums.entry(lot.asset.clone()).or_default() += lot.remaining;
        }
        let expiring = |(asset, amount)| Expiring { asset, amount };
        Ok(MembershipLots {
            by,
            expiring: sums.into_iter().map(expiring).collect(),
            lots,
        })
    }
}
