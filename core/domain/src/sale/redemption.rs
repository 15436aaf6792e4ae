//! Rewards of the catalogue (D-RWD-1).

use super::{BillKind, Context, EntryView, Judgement, NaturalKey, check_occurred_at, explain, sell};
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal, RuleRefusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Balance, Booking, Member};
use crate::money::Points;
use crate::rows::{BillRow, Rows};
use serde::{Deserialize, Serialize};

/// A reward as it stands, locked for the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reward {
    pub id: RewardId,
    pub program: ProgramId,
    /// None: every store's catalogue.
    pub store: Option<StoreId>,
    pub name: Text,
    /// ≥ 1
    pub points: Points,
    /// None: not counted.
    pub stock: Option<i64>,
    pub active: bool,
}

/// What the plugin says about the exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permit {
    Permitted {
        rule: String,
        explanation: Text,
        /// Days within which the exchange may be cancelled; 0: never.
        cancellable_days: u32,
        /// SHA-256 of the recorded input.
        input: Option<[u8; 32]>,
    },
    Refused(Vec<RuleRefusal>),
    /// The plugin failed: spending is refused.
    Failed,
}

/// An exchange to book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedemptionArgs {
    /// Id of the new bill.
    pub id: BillId,
    pub key: NaturalKey,
    pub content: [u8; 32],
    pub occurred_at: Instant,
    /// The credential used; the caller has checked that it is usable.
    pub card: Option<CardId>,
    /// Lifts the limit on how far back `occurred_at` may lie.
    pub privileged: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardView {
    pub id: RewardId,
    pub name: Text,
}

/// What an exchange did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedemptionAnswer {
    pub id: BillId,
    pub reward: RewardView,
    pub points: Points,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    /// Last day on which it may be cancelled; none: never.
    pub cancellable_until: Option<Day>,
}

/// Exchanges points for a reward. Restrictions are checked before balances. `member` and `reward` are as afterwards.
///
/// # Errors
/// `occurred_at_out_of_range`, `membership_closed`, `reward_unavailable`, `plugin_failed`, `rule_refused`,
/// `out_of_stock`, `insufficient_points`; nothing has changed then.
pub fn decide_redemption(
    member: &mut Member,
    reward: &mut Reward,
    args: &RedemptionArgs,
    permit: &Permit,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, RedemptionAnswer), Refusal> {
    check_occurred_at(args.occurred_at, context.now, args.privileged)?;
    member.check_open(context.now)?;
    reward.check_available(member, context)?;
    let (rule, explanation, cancellable_days, input) = match permit {
        Permit::Permitted {
            rule,
            explanation,
            cancellable_days,
            input,
        } => (rule, explanation, *cancellable_days, *input),
        Permit::Refused(reasons) => return Err(refused(reasons)),
        Permit::Failed => {
            let zh = "会员规则暂时无法判断，积分不能使用，请稍后再试。";
            let en = "The program's rules can't be judged now, so no points can be spent; try again later.";
            return Err(Refusal::new(Code::PluginFailed, zh, en));
        }
    };
    if reward.stock.is_some_and(|left| left < 1) {
        let (zh, en) = (
            format!("「{}」已兑完。", reward.name.zh),
            format!("“{}” is out of stock.", reward.name.en),
        );
        return Err(Refusal::new(Code::OutOfStock, zh, en));
    }
    let mut rows = Rows {
        bills: vec![bill_row(member, reward, args, context)?],
        ..Rows::default()
    };
    let mut source = sell::source(context, args.id, args.occurred_at);
    source.input = input;
    let mut booking = Booking::new(member, Asset::points(), source, &mut rows, ids);
    booking.debit(explain::redeem(&reward.name, rule, explanation), reward.points)?;
    let entries = booking.finish();
    if let Some(stock) = &mut reward.stock {
        *stock -= 1;
        rows.stock.push((reward.id, -1));
    }
    rows.membership_updates.push(member.touch());
    let days = i32::try_from(cancellable_days).ok().filter(|days| *days > 0);
    let answer = RedemptionAnswer {
        id: args.id,
        reward: RewardView {
            id: reward.id,
            name: reward.name.clone(),
        },
        points: reward.points,
        entries,
        balances: member.balances(context.now),
        cancellable_until: days.and_then(|days| args.key.business_date.plus_days(days)),
    };
    Ok((rows, answer))
}

impl Reward {
    fn check_available(&self, member: &Member, context: &Context) -> Result<(), Refusal> {
        let here = self.store.is_none_or(|store| store == context.store);
        if self.active && self.points >= 1 && here && self.program == member.program {
            return Ok(());
        }
        let (zh, en) = if self.active && !here {
            ("不在本店的兑换目录中。", "isn't in this store's catalogue.")
        } else {
            ("现在不能兑换。", "can't be exchanged now.")
        };
        let (zh, en) = (format!("「{}」{zh}", self.name.zh), format!("“{}” {en}", self.name.en));
        Err(Refusal::new(Code::RewardUnavailable, zh, en).at("/reward_id"))
    }
}

/// The plugin's reasons, in its own words.
fn refused(reasons: &[RuleRefusal]) -> Refusal {
    let join = |text: fn(&Text) -> &str, separator| {
        reasons
            .iter()
            .map(|reason| text(&reason.explanation))
            .collect::<Vec<_>>()
            .join(separator)
    };
    Refusal::new(Code::RuleRefused, join(|text| &text.zh, ""), join(|text| &text.en, " "))
        .with(|facts| facts.refusals = reasons.to_vec())
}

fn bill_row(member: &Member, reward: &Reward, args: &RedemptionArgs, context: &Context) -> Result<BillRow, Refusal> {
    Ok(BillRow {
        id: args.id,
        kind: BillKind::Redemption,
        key: args.key.clone(),
        content: args.content,
        occurred_at: args.occurred_at,
        booked_at: context.now,
        staff: context.staff,
        customer: member.customer,
        membership: Some(member.id),
        card: args.card,
        original: None,
        reward: Some(reward.id),
        total: 0,
        rounding: 0,
        paid: 0,
        judgement: Judgement::Judged,
        earned: 0,
        spent: reward.points,
        bonuses: sell::json::<[super::Bonus]>(&[])?,
        terms: sell::json(&context.terms)?,
        reason: None,
    })
}
