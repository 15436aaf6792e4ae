//! Asking a program's plugin before an operation: what must be shown or given, or why it isn't done at all (D-CARD-10,
//! D-HOT-7, D-BEA-2). What it demands comes on top of what the program's own terms demand.

use super::Purpose;
use super::ask;
use super::confirmation::Confirmation;
use super::desk::{Desk, StoreFacts, no_such_membership, stale};
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::plugin::{Function, guard};
use crate::program::Configuration;
use crate::store::statement::{fetch, statements};
use crate::store::writer::ledger::Question;
use crate::store::writer::load;
use cardea_domain::error::RuleRefusal;
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, Member};
use cardea_domain::sale::{BillKind, Confirmed, Demand, check_confirmed};
use cardea_domain::{Day, Refusal};
use diesel::sql_types::{BigInt, Text};
use uuid::Uuid;

pub(super) use crate::plugin::guard::Operation;

statements! {
    SelectMoved -> (Text, BigInt) =
        "SELECT e.asset, CAST(SUM(e.amount) AS BIGINT) FROM bills b \
         JOIN entries e ON e.chain_id = b.chain_id AND e.bill_id = b.id AND e.membership_id = b.membership_id \
         WHERE b.chain_id = ? AND b.membership_id = ? AND b.occurred_at > ? AND b.business_date = ? AND e.kind = ? \
         GROUP BY e.asset";
    SelectPaidBack -> (BigInt,) =
        "SELECT CAST(COALESCE(SUM(total), 0) AS BIGINT) FROM bills WHERE chain_id = ? AND membership_id = ? \
         AND occurred_at > ? AND business_date = ? AND kind IN (?, ?)";
}

/// A day is looked for so many before its midnight: stores lie in different zones.
const ZONES: i64 = 2 * 86_400_000;

/// One operation of a membership, as far as its plugin is told of it.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub operation: Operation,
    /// In the operation's unit, ≥ 0.
    pub amount: i64,
    /// Of it on the same bill before, in the same unit.
    pub so_far: i64,
    /// Of sessions; else empty.
    pub service: &'a str,
}

impl Wanted<'_> {
    pub fn new(operation: Operation, amount: i64) -> Self {
        Self {
            operation,
            amount,
            so_far: 0,
            service: "",
        }
    }
}

/// What a plugin demands before operations of one membership; nothing where it isn't asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Guarded {
    /// The membership as it was told of; None: nothing was asked.
    basis: Option<(MembershipId, i64)>,
    demands: Vec<Demand>,
    reasons: Vec<RuleRefusal>,
    questions: Vec<Question>,
}

impl Guarded {
    /// Asks the plugin where it has a say. `subject` is the bill that is meant, under which the question is kept.
    ///
    /// # Errors
    /// `rule_refused` with every reason where it stops the operation; `plugin_failed` where it can't decide.
    pub fn ask(
        desk: &Desk,
        configuration: &Configuration,
        (member, store): (&Member, StoreFacts),
        (subject, today): (Uuid, Day),
        operations: &[Wanted],
    ) -> Result<Self> {
        let mut guarded = Self::default();
        if operations.is_empty() {
            return Ok(guarded);
        }
        let plugin = ask::plugin(desk, configuration)?;
        if !plugin.has(Function::GuardDecide) {
            return Ok(guarded);
        }
        guarded.basis = Some((member.id, member.version));
        // What makes no sense is refused by the core, in its own words.
        for wanted in operations.iter().filter(|wanted| wanted.amount >= 0) {
            let request = guard::Request {
                config: configuration.plugin_config.clone(),
                minor_digits: store.minor_units as u8,
                today: today.0,
                operation: wanted.operation,
                amount: wanted.amount,
                earlier_today: earlier(desk, member.id, wanted, today)?.saturating_add(wanted.so_far),
                service: wanted.service.to_owned(),
                tier: member.tier.clone(),
                named: member.customer.is_some(),
            };
            let permit = match plugin.guard(&request).map_err(|e| ask::failed(desk.chain(), &e))? {
                guard::Decision::Permitted(permit) => permit,
                guard::Decision::Refused(reasons) => return Err(ask::stopped(reasons).into()),
            };
            guarded
                .questions
                .push(ask::question(&request, subject, configuration.id)?);
            let demanded = ask::demanded(permit.demands);
            if !demanded.is_empty() {
                guarded.reasons.extend(permit.reasons.into_iter().map(ask::told));
            }
            guarded.demands.extend(demanded);
        }
        Ok(guarded)
    }

    /// Whether the plugin would be told the same of this membership now.
    pub fn is_current(&self, member: &Member) -> bool {
        self.basis
            .is_none_or(|(id, version)| id != member.id || version == member.version)
    }

    /// What is lacking, with what the program's own terms find lacking.
    pub fn lacking(&self, confirmed: Confirmed, mut by_terms: Vec<Demand>) -> Vec<Demand> {
        by_terms.extend(confirmed.unmet(&self.demands));
        by_terms.sort_unstable();
        by_terms.dedup();
        by_terms
    }

    /// # Errors
    /// `confirmation_needed` with what is lacking, and the plugin's reasons where it wants some of it.
    pub fn check(&self, lacking: &[Demand]) -> Result<(), Refusal> {
        check_confirmed(lacking).map_err(|refusal| {
            let wanted = lacking.iter().any(|demand| self.demands.contains(demand));
            let reasons = self.reasons.iter().filter(|_| wanted).cloned().collect();
            refusal.with(|facts| facts.refusals = reasons)
        })
    }

    /// What was asked, to be kept with what was done.
    pub fn questions(&self) -> impl Iterator<Item = Question> {
        self.questions.iter().cloned()
    }
}

/// Something done with a membership that isn't a command of its own: what was made sure of, and what the plugin demands.
pub(crate) struct Sure {
    confirmed: Confirmed,
    guarded: Guarded,
}

impl Sure {
    /// Asks before points go to somebody else; `subject` is the transfer's id. Of stored value nothing goes with them.
    ///
    /// # Errors
    /// `not_found` for an unknown membership; `forbidden` for a manager's consent from who isn't one; those of
    /// [`Guarded::ask`].
    pub fn of_transfer(
        engine: &Engine,
        actor: &Actor,
        (from, subject): (MembershipId, Uuid),
        store: StoreId,
        confirmation: &Confirmation,
    ) -> Result<Self> {
        let desk = Desk::new(engine, actor, Purpose::Post);
        let store = desk.store(store)?;
        let member = engine.read(actor.chain, |conn| load::member_head(conn, actor.chain, from))?;
        let member = member.ok_or_else(no_such_membership)?;
        let now = desk.now(None);
        let configuration = desk.configuration(member.program, now)?;
        let today = store.zone.day_of(now);
        let wanted = [Wanted::new(Operation::Transfer, 0)];
        Ok(Self {
            confirmed: confirmation.confirmed(&desk, store.id, None)?,
            guarded: Guarded::ask(&desk, &configuration, (&member, store), (subject, today), &wanted)?,
        })
    }

    /// # Errors
    /// `busy` where the membership has changed since the plugin was asked; `confirmation_needed` with what is lacking.
    pub fn check(&self, member: &Member) -> Result<(), Refusal> {
        if !self.guarded.is_current(member) {
            return Err(stale());
        }
        self.guarded.check(&self.guarded.lacking(self.confirmed, Vec::new()))
    }

    /// What was asked, to be kept.
    pub fn questions(&self) -> Vec<Question> {
        self.guarded.questions().collect()
    }
}

/// Whether a program's plugin has a say before operations at all.
///
/// # Errors
/// `plugin_failed` for one that can't be loaded.
pub(super) fn guards(desk: &Desk, configuration: &Configuration) -> Result<bool> {
    Ok(ask::plugin(desk, configuration)?.has(Function::GuardDecide))
}

/// The same operation of the membership on the day so far.
fn earlier(desk: &Desk, membership: MembershipId, wanted: &Wanted, today: Day) -> Result<i64> {
    let chain = desk.chain();
    let since = i64::from(today.0) * 86_400_000 - ZONES;
    let kind = match wanted.operation {
        Operation::SpendValue | Operation::SpendPoints => "spend",
        Operation::Exchange => "redeem",
        Operation::UseSession => "use",
        Operation::TopUp => "top_up",
        Operation::Refund => {
            let kinds = [BillKind::TopUpRefund, BillKind::PassRefund].map(BillKind::as_str);
            let [top_ups, passes] = kinds;
            let found = desk.engine.read(chain, |conn| {
                Ok(fetch!(conn, SelectPaidBack, [chain, membership, since, today, top_ups, passes] => (i64,))?.pop())
            })?;
            return Ok(found.map_or(0, |(paid,)| paid.saturating_abs()));
        }
        Operation::Transfer | Operation::ChangeData => return Ok(0),
    };
    let moved = desk.engine.read(chain, |conn| {
        Ok(fetch!(conn, SelectMoved, [chain, membership, since, today, kind] => (String, i64))?)
    })?;
    let counts = |asset: &Asset| match wanted.operation {
        Operation::SpendValue => asset.is_money(),
        Operation::UseSession => asset.service() == Some(wanted.service),
        Operation::TopUp => *asset == Asset::principal(),
        _ => *asset == Asset::points(),
    };
    let amounts = moved.into_iter().map(|(asset, amount)| (Asset(asset), amount));
    Ok(amounts
        .filter(|(asset, _)| counts(asset))
        .map(|(_, amount)| amount.saturating_abs())
        .sum())
}
