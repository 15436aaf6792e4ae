//! Rewards of the catalogue (D-RWD-1).

use super::bill::field;
use super::{
    BillKind, ClaimState, Collect, Context, EntryView, Judgement, NaturalKey, RewardRules, SaleRecord,
    check_occurred_at, expiry, explain, sell,
};
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal, RuleRefusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Balance, Booking, Member};
use crate::money::{LIMIT, Points};
use crate::rows::{BillLineRow, BillRow, ClaimRow, Rows};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Of a piece.
const THOUSANDTHS: i64 = 1000;

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
    /// The chain's; None: not counted.
    pub stock: Option<i64>,
    /// Of the store that books, where that has its own.
    pub store_stock: Option<i64>,
    pub active: bool,
    pub rules: RewardRules,
    /// Pieces that the membership has had.
    pub had: i64,
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

/// Most pieces of one exchange.
pub const MOST_PIECES: i64 = 1000;

/// An exchange to book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedemptionArgs {
    /// Id of the new bill.
    pub id: BillId,
    pub key: NaturalKey,
    pub content: [u8; 32],
    pub occurred_at: Instant,
    /// Pieces of the reward, 1–[`MOST_PIECES`].
    pub quantity: i64,
    /// The reward's code in the catalogue.
    pub code: String,
    pub collect: Collect,
    /// The credential used; the caller has checked that it is usable.
    pub card: Option<CardId>,
    /// Lifts the limit on how far back `occurred_at` may lie.
    pub privileged: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RewardShown)]
pub struct RewardView {
    #[schema(value_type = Uuid)]
    pub id: RewardId,
    pub name: Text,
}

/// What an exchange did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedemptionAnswer {
    pub id: BillId,
    pub reward: RewardView,
    pub quantity: i64,
    /// Of all pieces.
    pub points: Points,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    /// Last day on which it may be cancelled; none: never.
    pub cancellable_until: Option<Day>,
    pub state: ClaimState,
}

/// Exchanges points for a reward. Restrictions are checked before balances. `member` and `reward` are as afterwards.
///
/// # Errors
/// `occurred_at_out_of_range`, `field_invalid` (quantity), `membership_closed`, `reward_unavailable`, `plugin_failed`, `rule_refused`,
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
    let points = reward.price_of(args.quantity)?;
    member.check_open_as_of(context.judged_at, context.now)?;
    reward.check_available(member, context)?;
    reward.check_rules(member, args.quantity, &args.key, context)?;
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
    reward.check_stock(args.quantity)?;
    let mut rows = Rows {
        bills: vec![bill_row(member, (reward, points), args, context)?],
        lines: vec![reward_line(args.id, args.quantity, &args.code)],
        ..Rows::default()
    };
    let mut source = sell::source(context, args.id, args.occurred_at);
    source.input = input;
    let mut booking = Booking::new(member, Asset::points(), source, &mut rows, ids);
    booking.debit(explain::redeem(&reward.name, args.quantity, rule, explanation), points)?;
    let entries = booking.finish();
    expiry::roll(member, args.key.business_date, context, &mut rows);
    let state = args.collect.state();
    rows.claims.push(ClaimRow {
        bill: args.id,
        reward: reward.id,
        membership: member.id,
        store: context.store,
        quantity: args.quantity,
        from_store: reward.store_stock.is_some(),
        state,
        at: context.now,
    });
    reward.hand_out(args.quantity, context.store, &mut rows);
    rows.membership_updates.push(member.touch());
    let days = i32::try_from(cancellable_days).ok().filter(|days| *days > 0);
    let answer = RedemptionAnswer {
        id: args.id,
        reward: RewardView {
            id: reward.id,
            name: reward.name.clone(),
        },
        quantity: args.quantity,
        points,
        entries,
        balances: member.balances(context.now),
        cancellable_until: days.and_then(|days| args.key.business_date.plus_days(days)),
        state,
    };
    Ok((rows, answer))
}

impl Reward {
    /// Points of so many pieces.
    ///
    /// # Errors
    /// `field_invalid` for a quantity that isn't 1–[`MOST_PIECES`], or too many points altogether.
    pub fn price_of(&self, quantity: i64) -> Result<Points, Refusal> {
        let points = self.points.checked_mul(quantity).filter(|points| *points <= LIMIT);
        points
            .filter(|_| (1..=MOST_PIECES).contains(&quantity))
            .ok_or_else(|| field("/quantity", "应为 1 至 1000 件", "must be 1 to 1000 pieces"))
    }

    /// Takes pieces out of the store's own stock, or else the chain's.
    fn hand_out(&mut self, quantity: i64, store: StoreId, rows: &mut Rows) {
        if let Some(stock) = &mut self.store_stock {
            *stock -= quantity;
            rows.store_stock.push((self.id, store, -quantity));
        } else if let Some(stock) = &mut self.stock {
            *stock -= quantity;
            rows.stock.push((self.id, -quantity));
        }
    }

    fn check_stock(&self, quantity: i64) -> Result<(), Refusal> {
        let Some(left) = self.left().filter(|left| *left < quantity) else {
            return Ok(());
        };
        let (zh, en) = match left {
            ..1 => (
                format!("「{}」已兑完。", self.name.zh),
                format!("“{}” is out of stock.", self.name.en),
            ),
            _ => (
                format!("「{}」只剩{left}件。", self.name.zh),
                format!("Of “{}” {left} are left.", self.name.en),
            ),
        };
        Err(Refusal::new(Code::OutOfStock, zh, en).with(|facts| {
            facts.available = Some(left);
            facts.needed = Some(quantity);
        }))
    }

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

/// The pieces of a reward, as the line of its exchange.
pub(super) fn reward_line(bill: BillId, quantity: i64, code: &str) -> BillLineRow {
    BillLineRow {
        bill,
        number: 1,
        sku: code.to_owned(),
        category: String::new(),
        quantity: quantity * THOUSANDTHS,
        amount: 0,
        list_amount: 0,
        discount: 0,
        counted: 0,
        contribution: 0,
        attributes: "{}".to_owned(),
    }
}

/// Pieces of an exchange; those from before lines were kept are of one.
pub(super) fn pieces(record: &SaleRecord) -> i64 {
    record.lines.first().map_or(1, |line| line.quantity / THOUSANDTHS)
}

fn bill_row(
    member: &Member,
    (reward, points): (&Reward, Points),
    args: &RedemptionArgs,
    context: &Context,
) -> Result<BillRow, Refusal> {
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
        spent: points,
        bonuses: sell::json::<[super::Bonus]>(&[])?,
        terms: sell::terms_row(&context.terms)?,
        reason: None,
    })
}
