//! Cancelling an exchange.

use super::Purpose;
use super::desk::{Desk, Receipt, StoreFacts, a_till, check_reason, content_hash, or_a_till, stale};
use super::purse;
use super::redemption::no_such_reward;
use crate::error::Result;
use crate::identity::Action;
use crate::store::Answer;
use crate::store::writer::claims::RewardNeed;
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, record};
use cardea_domain::id::*;
use cardea_domain::ledger::Balance;
use cardea_domain::sale::*;
use cardea_domain::{Code, Day, Instant, Points, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Cancels an exchange as a whole. The receipt is the cancelling's own.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCancellation {
    /// The store that takes the reward back.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Absent: `till`.
    #[serde(default = "a_till", deserialize_with = "or_a_till")]
    #[schema(value_type = Option<String>)]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    /// Unique per store, source, till and business date among cancellations; a repeat gets the first answer.
    #[schema(example = "0004")]
    pub receipt: String,
    /// Absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
    #[schema(example = "选错礼品")]
    pub reason: String,
}

/// An exchange to cancel (or to quote).
#[derive(Clone, Debug)]
pub struct CancelRedemption {
    pub redemption: BillId,
    pub cancellation: NewCancellation,
    /// Nobody fetched it in time: cancelled whatever its program permits, for it was never handed over.
    pub lapsed: bool,
}

#[derive(Serialize)]
struct Content {
    cancels: BillId,
}

impl CancelRedemption {
    pub(super) fn natural(&self, desk: &Desk) -> Result<(NaturalKey, [u8; 32])> {
        let store = desk.store(self.cancellation.store_id)?;
        let occurred_at = self.cancellation.occurred_at.unwrap_or_else(|| desk.now(None));
        Ok((self.key(store, occurred_at)?, self.content()?))
    }

    fn key(&self, store: StoreFacts, occurred_at: Instant) -> Result<NaturalKey, Refusal> {
        let receipt = Receipt {
            source: &self.cancellation.source,
            till: &self.cancellation.till,
            receipt: &self.cancellation.receipt,
        };
        receipt.key(store, occurred_at, BillKind::Cancellation)
    }

    fn content(&self) -> Result<[u8; 32]> {
        content_hash(&Content {
            cancels: self.redemption,
        })
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor
            .require(Action::RedemptionCancel, Some(self.cancellation.store_id))?;
        check_reason(&self.cancellation.reason)?;
        let (store, now, chain) = (desk.store(self.cancellation.store_id)?, desk.now(None), desk.chain());
        let occurred_at = self.cancellation.occurred_at.unwrap_or(now);
        let found = desk.engine.read(chain, |conn| {
            let exchange = record::exchange(conn, chain, self.redemption)?;
            let record = record::load(conn, chain, self.redemption)?;
            Ok(exchange.zip(record.and_then(|record| Some((record.membership?, purse::lenders_of(&record))))))
        })?;
        let ((reward, until), (membership, lenders)) = found.ok_or_else(no_such_exchange)?;
        let program = desk.member_head(membership)?.program;
        let configuration = desk.configuration(program, now)?;
        Ok(Box::new(Cancelling {
            quote: desk.purpose == Purpose::Quote,
            redemption: self.redemption,
            membership,
            lenders,
            reward,
            lapsed: self.lapsed,
            args: CancelArgs {
                id: BillId(Uuid::now_v7()),
                key: self.key(store, occurred_at)?,
                content: self.content()?,
                occurred_at,
                reason: self.cancellation.reason.trim().to_owned(),
                until: if self.lapsed { Some(Day(i32::MAX)) } else { until },
                from_store: None,
            },
            context: desk.context(store, Some(&configuration), now),
        }))
    }
}

fn no_such_exchange() -> Refusal {
    Refusal::new(Code::NotFound, "没有这笔兑换", "There is no such exchange")
}

/// A cancelling on its way to the writer.
struct Cancelling {
    quote: bool,
    redemption: BillId,
    membership: MembershipId,
    /// Whose points of the pool it took.
    lenders: Vec<MembershipId>,
    reward: RewardId,
    lapsed: bool,
    args: CancelArgs,
    context: Context,
}

/// What cancelling an exchange gives back.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CancellationAnswer)]
pub struct CancelView<E> {
    /// null in a preview.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    #[schema(value_type = Uuid)]
    pub redemption_id: BillId,
    /// Points that go back to their old dates.
    #[schema(value_type = i64)]
    pub points: Points,
    /// Of them, to dates that have passed meanwhile: they stay expired.
    #[schema(value_type = i64)]
    pub expired: Points,
    /// Of them, back to the others in the family pool who had lent them.
    #[serde(default)]
    #[schema(value_type = i64)]
    pub to_pool: Points,
    #[schema(value_type = Vec<EntryView>)]
    pub entries: E,
    /// After the cancelling.
    pub balances: Vec<Balance>,
}

impl LedgerCommand for Cancelling {
    fn needs(&self) -> Needs {
        let mut needs = Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: None,
                upgrades: false,
            }],
            record: Some(self.redemption),
            rewards: vec![RewardNeed {
                id: self.reward,
                store: self.context.store,
                member: self.membership,
            }],
            claim_of: Some(self.redemption),
            ..Needs::default()
        };
        purse::need_lenders(&self.lenders, &mut needs);
        needs
    }

    fn natural(&self) -> Option<(&NaturalKey, &[u8; 32])> {
        Some((&self.args.key, &self.args.content))
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let record = state.record.take().ok_or_else(no_such_exchange)?;
        let mut member = state.take(Some(self.membership)).ok_or_else(stale)?;
        if record.membership != Some(self.membership) {
            // The membership was merged meanwhile.
            return Err(stale());
        }
        let mut reward = state.rewards.remove(&self.reward).ok_or_else(no_such_reward)?;
        if self.lapsed && state.claim.is_none_or(|claim| claim.state != ClaimState::Ready) {
            let (zh, en) = ("礼品已领取或已取消。", "It was collected or cancelled.");
            return Err(Refusal::new(Code::ClaimState, zh, en));
        }
        let args = CancelArgs {
            from_store: state.claim.and_then(|claim| claim.from_store),
            ..self.args.clone()
        };
        let (mut rows, answer) = decide_cancel(&mut member, &mut reward, &record, &args, &self.context, ids)?;
        let to = LentFor {
            bill: answer.id,
            occurred_at: args.occurred_at,
        };
        let passed = (&record, answer.passed_on.as_slice());
        purse::take_home(state, passed, to, &self.context, (&mut rows, &mut *ids))?;
        let told = Answer::booked(&answer.entries, |entries| CancelView {
            id: (!self.quote).then_some(answer.id),
            redemption_id: answer.redemption,
            points: answer.points,
            expired: answer.expired,
            to_pool: answer.to_pool,
            entries,
            balances: answer.balances.clone(),
        })?;
        let mut decision = Decision::new(rows, told);
        let detail = json!({ "redemption_id": self.redemption, "points": answer.points });
        decision.notes.audit.push(AuditRow {
            action: "redemption.cancel",
            subject: Some(answer.id.0),
            detail,
        });
        Ok(decision)
    }
}
