//! Rewards that are claimed on a bill: one call, the sale and its exchanges, both or neither. Each exchange is a bill of its
//! own under the sale's receipt with its number: `0001#1`.

use super::desk::{Desk, stale};
use super::holder::Holder;
use super::redemption::{Exchange, Exchanged, Redemption, no_such_reward};
use super::sale::Sale;
use crate::error::{Error, Result};
use crate::store::writer::claims::RewardNeed;
use crate::store::writer::ledger::{Decision, State};
use cardea_domain::id::*;
use cardea_domain::ledger::Member;
use cardea_domain::sale::{ClaimState, Collect, Reward, RewardView};
use cardea_domain::{Code, Points, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most rewards on one bill.
const MOST: usize = 20;

/// A reward among what is claimed on a bill.
#[derive(Clone, Debug)]
pub struct ClaimedReward {
    pub reward: RewardId,
    pub quantity: i64,
    pub collect: Collect,
}

/// A reward that was claimed on a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RewardOnBill {
    /// The exchange; null in a quote.
    #[schema(value_type = Option<Uuid>)]
    pub redemption_id: Option<BillId>,
    pub reward: RewardView,
    /// Pieces of it.
    pub quantity: i64,
    /// Of all pieces.
    #[schema(value_type = i64)]
    pub points: Points,
    pub state: ClaimState,
}

/// The exchanges of a bill on its way to the writer.
#[derive(Default)]
pub(super) struct Gifts(Vec<Exchange>);

/// The refusal, at its reward.
fn at(refusal: Refusal, i: usize) -> Refusal {
    let field = refusal.pointer.clone().unwrap_or_default();
    refusal.at(format!("/rewards/{i}{field}"))
}

impl Gifts {
    /// Proposes what is claimed.
    ///
    /// # Errors
    /// `field_invalid` without a card, or where a reward is named twice; those of an exchange.
    pub fn find(desk: &Desk, sale: &Sale, holder: &Holder) -> Result<Self> {
        if sale.rewards.is_empty() {
            return Ok(Self::default());
        }
        let (Some(card), Some(_)) = (sale.shown(), &holder.member) else {
            let (zh, en) = (
                "兑换礼品请出示会员卡（member.card）",
                "Rewards are exchanged with a card: name the member by it",
            );
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/member").into());
        };
        if sale.rewards.len() > MOST {
            let (zh, en) = ("一张单最多兑换 20 种礼品", "At most 20 rewards on one bill");
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/rewards").into());
        }
        let mut exchanges: Vec<Exchange> = Vec::new();
        for (i, claimed) in sale.rewards.iter().enumerate() {
            if sale.rewards[..i].iter().any(|other| other.reward == claimed.reward) {
                let (zh, en) = ("同一礼品请合并数量", "Name a reward once, with its quantity");
                return Err(at(Refusal::new(Code::FieldInvalid, zh, en).at("/reward_id"), i).into());
            }
            let receipt = format!("{}#{}", sale.receipt, i + 1);
            let redemption = Redemption {
                card: card.to_owned(),
                store: sale.store,
                source: sale.source.clone(),
                till: sale.till.clone(),
                receipt,
                reward: claimed.reward,
                quantity: claimed.quantity,
                collect: claimed.collect,
                occurred_at: Some(sale.occurred_at),
                confirmation: sale.confirmation.clone(),
                trusted: sale.trusted,
            };
            let so_far = exchanges.iter().map(Exchange::points).sum();
            exchanges.push(redemption.exchange(desk, so_far).map_err(|e| match e {
                Error::Refused(refusal) => at(*refusal, i).into(),
                e => e,
            })?);
        }
        Ok(Self(exchanges))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn needs(&self) -> Vec<RewardNeed> {
        self.0.iter().map(Exchange::need).collect()
    }

    /// Decides them one after the other.
    ///
    /// # Errors
    /// Those of an exchange; `busy` where plugins were told something else.
    pub fn decide(
        &self,
        member: Option<&mut Member>,
        state: &mut State,
        ids: &mut dyn NewIds,
    ) -> Result<Vec<Exchanged>, Refusal> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let member = member.ok_or_else(stale)?;
        let mut rewards: Vec<Reward> = Vec::new();
        for (i, exchange) in self.0.iter().enumerate() {
            let reward = state.rewards.remove(&exchange.reward);
            let reward = reward.ok_or_else(|| at(no_such_reward(), i))?;
            if exchange.member != member.id || !exchange.is_current(member, &reward, state)? {
                return Err(stale());
            }
            rewards.push(reward);
        }
        let each = self.0.iter().zip(&mut rewards).enumerate();
        each.map(|(i, (exchange, reward))| {
            let done = exchange.decide_on(member, reward, state, ids);
            done.map_err(|refusal| at(refusal, i))
        })
        .collect()
    }

    /// What the sale's answer says of them.
    pub fn told(&self, done: &[Exchanged], quote: bool) -> Vec<RewardOnBill> {
        let told = |done: &Exchanged| RewardOnBill {
            redemption_id: (!quote).then_some(done.answer.id),
            reward: done.answer.reward.clone(),
            quantity: done.answer.quantity,
            points: done.answer.points,
            state: done.answer.state,
        };
        done.iter().map(told).collect()
    }

    /// Puts them in front of the sale.
    pub fn add(exchanged: Vec<Exchanged>, decision: &mut Decision) {
        for done in exchanged {
            decision
                .before
                .push((done.rows, done.told.kept.unwrap_or(done.told.json)));
            decision.notes.audit.push(done.audit);
            decision.inputs.extend(done.input);
            decision.questions.extend(done.questions);
        }
    }
}
