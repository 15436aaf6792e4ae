//! Two memberships of a customer in a program become one, and two again (D-CARD-13): one set of postings that moves every
//! lot with its dates, the debt, the better tier; the way back is the exact opposite, while nothing of it was touched.

use super::Context;
use super::hand_over::{check_judged, check_kinds, check_no_holds};
use super::people::{draft, source};
use crate::calendar::Instant;
use crate::card::{self, Card, CardState};
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, AssetKind, Booking, EntryDraft, EntryKind, Heir, LotTerms, Member, SpentMove, WholeLot};
use crate::money::format_minor;
use crate::prepaid::{PrepaidRules, check_member, value_of};
use crate::rows::Rows;
use crate::tier::{self, KeptTier};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Every lot of a membership, empty and ended ones too.
pub type Lots = BTreeMap<Asset, Vec<WholeLot>>;

/// What is merged.
#[derive(Debug)]
pub struct AbsorbArgs<'a> {
    /// Of the membership that goes.
    pub lots: &'a Lots,
    /// Sales of it whose rules have failed and wait.
    pub unjudged: bool,
    /// A card of the one that stays, which works now.
    pub current: Option<CardId>,
    /// The law that holds; None: nothing is known of one.
    pub rules: Option<&'static PrepaidRules>,
}

/// A debt that went over, and what it took of the survivor's lots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedDebt {
    pub asset: Asset,
    /// > 0
    pub debt: i64,
    pub taken: Vec<Taken>,
}

/// A part of a lot, as [`SpentMove`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub lot: LotId,
    pub bill: Option<BillId>,
    pub opened_at: Instant,
    pub matures_at: Option<Instant>,
    pub expires_at: Option<Instant>,
    pub amount: i64,
}

impl Taken {
    fn of(part: &SpentMove) -> Self {
        Self {
            lot: part.lot,
            bill: part.bill,
            opened_at: part.opened_at,
            matures_at: part.terms.matures_at,
            expires_at: part.terms.expires_at,
            amount: part.amount,
        }
    }

    fn part(&self) -> SpentMove {
        SpentMove {
            lot: self.lot,
            bill: self.bill,
            opened_at: self.opened_at,
            terms: LotTerms {
                matures_at: self.matures_at,
                expires_at: self.expires_at,
            },
            amount: self.amount,
        }
    }
}

/// What a merge must know to be taken back, but for its lots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absorbed {
    pub debts: Vec<MovedDebt>,
    /// The survivor's tier before.
    pub tier: KeptTier,
    /// Purchases that went over.
    pub purchases: i64,
    /// Cards that were taken out of use, with their states.
    pub cards: Vec<(CardId, CardState)>,
}

/// What a merge wants saved: the rows of who goes, of who stays, and which lots go on for which.
#[derive(Debug)]
pub struct Absorbing {
    pub gone: Rows,
    pub stays: Rows,
    pub heirs: Vec<Heir>,
    pub absorbed: Absorbed,
}

/// Merges `from` into `into`; both are as afterwards, and so are the cards of `from`. Lots keep their dates, their bills and
/// the stores that they count to.
///
/// # Errors
/// `membership_closed`; `field_invalid` for the same one, another program or customer, or one that ends later;
/// `card_kind`, `membership_holds`, `prepaid_rule`. Nothing has changed then.
pub fn decide_absorb(
    (from, into): (&mut Member, &mut Member),
    cards: &mut [Card],
    args: &AbsorbArgs<'_>,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<Absorbing, Refusal> {
    into.check_open(context.now)?;
    from.check_open(context.now)?;
    check_same(from, into)?;
    check_kinds(cards)?;
    check_no_holds(from, context)?;
    check_judged(args.unjudged)?;
    check_member(args.rules, into, value_of(from), context.minor_units)?;
    let (mut gone, mut stays) = (Rows::default(), Rows::default());
    let mut absorbed = Absorbed {
        debts: Vec::new(),
        tier: KeptTier::of(into),
        purchases: from.purchases,
        cards: Vec::new(),
    };
    let mut heirs = Vec::new();
    for (asset, lots) in args.lots {
        for (store, lots) in by_issuer(lots) {
            let source = source_at(store, context);
            let amount: i64 = lots.iter().map(|whole| whole.lot.remaining).sum();
            let parts: Vec<(LotId, i64)> = lots.iter().map(|whole| (whole.lot.id, whole.lot.remaining)).collect();
            let mut booking = Booking::new(from, asset.clone(), source.clone(), &mut gone, ids);
            booking.hand_over(leaves(asset, amount, context), &parts);
            booking.finish();
            // No night looks at them any more.
            let open = lots.iter().filter(|whole| !whole.ended);
            gone.lots_ended.extend(open.map(|whole| (from.id, whole.lot.id)));
            let mut booking = Booking::new(into, asset.clone(), source, &mut stays, ids);
            heirs.extend(booking.take_over(comes(asset, amount, context), &lots));
            booking.finish();
        }
    }
    for (asset, debt) in debts_of(from) {
        let mut booking = Booking::new(from, asset.clone(), source(context), &mut gone, ids);
        booking.hand_over_debt(debt_goes(&asset, debt, EntryKind::MergeOut, context), debt);
        booking.finish();
        let mut booking = Booking::new(into, asset.clone(), source(context), &mut stays, ids);
        let taken = booking.take_over_debt(debt_goes(&asset, debt, EntryKind::MergeIn, context), debt);
        booking.finish();
        let taken = taken.iter().map(Taken::of).collect();
        absorbed.debts.push(MovedDebt { asset, debt, taken });
    }
    for card in cards.iter_mut() {
        let was = card.state;
        if let Some(update) = card::merge(card, args.current) {
            absorbed.cards.push((card.id, was));
            gone.card_updates.push(update);
        }
    }
    let today = context.zone.day_of(context.now);
    let change = tier::merge(into, from, &context.ladder, (today, context.now));
    stays.tier_changes.extend(change);
    into.purchases += from.purchases;
    (from.purchases, from.open) = (0, false);
    gone.membership_updates.push(from.touch());
    stays.membership_updates.push(into.touch());
    Ok(Absorbing {
        gone,
        stays,
        heirs,
        absorbed,
    })
}

/// # Errors
/// `field_invalid` at `/from`.
fn check_same(from: &Member, into: &Member) -> Result<(), Refusal> {
    let wrong = |zh: &str, en: &str| Err(Refusal::new(Code::FieldInvalid, zh, en).at("/from"));
    if from.id == into.id {
        return wrong("不能与自己合并。", "That is the same membership.");
    }
    if from.program != into.program {
        return wrong(
            "两个会籍不属于同一会员计划，不能合并。",
            "The memberships are of different programs, so they stay two.",
        );
    }
    if into.customer.is_none() || from.customer.is_none() {
        return wrong(
            "不记名会籍不能合并：请先办理实名登记。",
            "An anonymous membership isn't merged: say who holds it first.",
        );
    }
    if from.customer != into.customer {
        return wrong(
            "两个会籍属于不同的顾客：如系同一人，请先合并顾客档案，再合并会籍。",
            "The memberships are of two customers: if they are one person, merge the customers first.",
        );
    }
    let shorter = into
        .expires_at
        .is_some_and(|end| from.expires_at.is_none_or(|other| end < other));
    if shorter {
        return wrong(
            "被并入的会籍有效期更长：请以它为保留的会籍，把这一个并入它。",
            "The membership to be merged is valid longer: merge this one into it instead.",
        );
    }
    Ok(())
}

/// What is in the way of taking a merge back, in the order of the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InTheWay {
    /// Lots that went over have been used, ended or changed.
    Lots,
    /// A debt has moved since.
    Debt,
    /// Something is on hold.
    Holds,
    /// Bills of the merged membership were returned or cancelled since.
    Returns,
    /// The tier has changed since.
    Tier,
    /// Vouchers that went over were used.
    Vouchers,
}

impl InTheWay {
    fn name(self) -> &'static str {
        match self {
            Self::Lots => "lots",
            Self::Debt => "debt",
            Self::Holds => "holds",
            Self::Returns => "returns",
            Self::Tier => "tier",
            Self::Vouchers => "vouchers",
        }
    }

    fn told(self) -> [&'static str; 2] {
        match self {
            Self::Lots => [
                "转入的积分、储值或次数已有使用或到期",
                "points, value or sessions that came over were used or have ended",
            ],
            Self::Debt => ["欠款已有变动", "what was owed has changed"],
            Self::Holds => ["有未结束的预留", "something is on hold"],
            Self::Returns => [
                "原会籍的账单已有退货或取消",
                "bills of the merged membership were returned or cancelled",
            ],
            Self::Tier => ["等级已有变更", "the tier has changed"],
            Self::Vouchers => ["转入的券已被使用", "vouchers that came over were used"],
        }
    }
}

/// A merge to be taken back.
#[derive(Debug)]
pub struct SeparateArgs<'a> {
    pub absorbed: &'a Absorbed,
    /// Lots that went, as they were: with what was left of them then.
    pub lots: &'a Lots,
    /// By the lots that went.
    pub heirs: &'a BTreeMap<LotId, Heir>,
    /// Lots that go on whose end isn't booked.
    pub open_heirs: &'a [LotId],
    /// Assets that have moved on the survivor since.
    pub moved_since: &'a BTreeSet<Asset>,
    /// What else is in the way, as the caller knows.
    pub in_the_way: BTreeSet<InTheWay>,
}

/// Takes a merge back: the opposite of every posting. `from` is the membership that had gone; both are as afterwards.
///
/// # Errors
/// `membership_closed`; `field_invalid` where the two have different holders now; `merge_used` with what is in the way.
/// Nothing has changed then.
pub fn decide_separate(
    (from, into): (&mut Member, &mut Member),
    cards: &mut [Card],
    args: &SeparateArgs<'_>,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, Rows), Refusal> {
    into.check_open(context.now)?;
    if from.customer != into.customer {
        let zh = "该会籍现由他人持有，不能撤销合并。";
        let en = "The membership has another holder now, so the merge can't be taken back.";
        return Err(Refusal::new(Code::MergeUsed, zh, en));
    }
    check_untouched(into, args, context)?;
    let (mut gone, mut stays) = (Rows::default(), Rows::default());
    for MovedDebt { asset, debt, taken } in &args.absorbed.debts {
        let parts: Vec<SpentMove> = taken.iter().map(Taken::part).collect();
        let mut booking = Booking::new(into, asset.clone(), source(context), &mut stays, ids);
        booking.return_debt(debt_goes(asset, *debt, EntryKind::MergeOut, context), *debt, &parts);
        booking.finish();
        let mut booking = Booking::new(from, asset.clone(), source(context), &mut gone, ids);
        booking.owe_again(debt_goes(asset, *debt, EntryKind::MergeIn, context), *debt);
        booking.finish();
    }
    for (asset, lots) in args.lots {
        for (store, lots) in by_issuer(lots) {
            let source = source_at(store, context);
            let heirs: Vec<Heir> = lots
                .iter()
                .filter_map(|whole| args.heirs.get(&whole.lot.id))
                .copied()
                .collect();
            let amount: i64 = lots.iter().map(|whole| whole.lot.remaining).sum();
            let mut booking = Booking::new(into, asset.clone(), source.clone(), &mut stays, ids);
            booking.give_up(leaves(asset, amount, context), &heirs);
            booking.finish();
            let mut booking = Booking::new(from, asset.clone(), source, &mut gone, ids);
            booking.take_back(comes(asset, amount, context), &lots);
            booking.finish();
        }
    }
    stays
        .lots_ended
        .extend(args.open_heirs.iter().map(|heir| (into.id, *heir)));
    for card in cards.iter_mut() {
        let was = args.absorbed.cards.iter().find(|(id, _)| *id == card.id);
        let update = was.and_then(|(_, state)| card::unmerge(card, *state));
        gone.card_updates.extend(update);
    }
    let today = context.zone.day_of(context.now);
    let change = tier::unmerge(into, &args.absorbed.tier, &context.ladder, (today, context.now));
    stays.tier_changes.extend(change);
    into.purchases -= args.absorbed.purchases;
    (from.purchases, from.open) = (args.absorbed.purchases, true);
    gone.membership_updates.push(from.touch());
    stays.membership_updates.push(into.touch());
    Ok((gone, stays))
}

/// # Errors
/// `merge_used`
fn check_untouched(into: &Member, args: &SeparateArgs<'_>, context: &Context) -> Result<(), Refusal> {
    let mut in_the_way = args.in_the_way.clone();
    let left: BTreeMap<LotId, i64> = into
        .accounts
        .values()
        .flat_map(|account| &account.lots)
        .map(|lot| (lot.id, lot.remaining))
        .collect();
    let taken = args.absorbed.debts.iter().flat_map(|moved| &moved.taken);
    let mut by_debt: BTreeMap<LotId, i64> = BTreeMap::new();
    taken.for_each(|part| *by_debt.entry(part.lot).or_default() += part.amount);
    let of = |amounts: &BTreeMap<LotId, i64>, lot: &LotId| amounts.get(lot).copied().unwrap_or_default();
    if args
        .heirs
        .values()
        .any(|heir| of(&left, &heir.heir) != heir.came - of(&by_debt, &heir.heir))
    {
        in_the_way.insert(InTheWay::Lots);
    }
    let filled = |(asset, lots): (&Asset, &Vec<WholeLot>)| {
        let mut heirs = lots.iter().filter_map(|whole| args.heirs.get(&whole.lot.id));
        heirs.any(|heir| heir.came != heir.moved).then(|| asset.clone())
    };
    let mut owed: BTreeSet<Asset> = args.lots.iter().filter_map(filled).collect();
    owed.extend(args.absorbed.debts.iter().map(|moved| moved.asset.clone()));
    if owed.iter().any(|asset| args.moved_since.contains(asset)) {
        in_the_way.insert(InTheWay::Debt);
    }
    if check_no_holds(into, context).is_err() {
        in_the_way.insert(InTheWay::Holds);
    }
    if in_the_way.is_empty() {
        return Ok(());
    }
    let told = |language: usize, comma: &str| {
        let words: Vec<&str> = in_the_way.iter().map(|one| one.told()[language]).collect();
        words.join(comma)
    };
    let zh = format!("合并后已有变动，不能撤销：{}。", told(0, "；"));
    let en = format!("The merge can't be taken back any more: {}.", told(1, "; "));
    Err(Refusal::new(Code::MergeUsed, zh, en).with(|facts| {
        facts.in_the_way = in_the_way.iter().map(|one| one.name().to_owned()).collect();
    }))
}

/// Lots in spend order, by the store that issued them.
fn by_issuer(lots: &[WholeLot]) -> BTreeMap<Option<StoreId>, Vec<WholeLot>> {
    let mut lots = lots.to_vec();
    lots.sort_by_cached_key(|whole| whole.lot.spend_order());
    let mut groups: BTreeMap<Option<StoreId>, Vec<WholeLot>> = BTreeMap::new();
    for whole in lots {
        groups.entry(whole.issued_by).or_default().push(whole);
    }
    groups
}

fn debts_of(member: &Member) -> Vec<(Asset, i64)> {
    let owed = member.accounts.iter().filter(|(_, account)| account.debt > 0);
    owed.map(|(asset, account)| (asset.clone(), account.debt)).collect()
}

/// What counts to the store that issued it, whoever merges.
fn source_at(issued_by: Option<StoreId>, context: &Context) -> crate::ledger::Source {
    crate::ledger::Source {
        store: issued_by.or(Some(context.store)),
        ..source(context)
    }
}

/// An amount with its unit.
fn told(asset: &Asset, amount: i64, context: &Context) -> Text {
    match asset.kind() {
        AssetKind::Points => Text::new(format!("{amount}分"), format!("{amount} points")),
        AssetKind::Principal | AssetKind::Bonus => {
            let money = format_minor(amount, context.minor_units);
            Text::new(money.clone(), money)
        }
        AssetKind::Sessions => Text::new(format!("{amount}次"), format!("{amount} sessions")),
        AssetKind::Unknown => Text::new(amount.to_string(), amount.to_string()),
    }
}

fn leaves(asset: &Asset, amount: i64, context: &Context) -> EntryDraft {
    let told = told(asset, amount, context);
    let text = Text::new(
        format!("会籍合并：{}转到本人另一会籍，有效期不变。", told.zh),
        format!(
            "Memberships merged or parted: {} went to the holder's other one with their dates.",
            told.en
        ),
    );
    draft(EntryKind::MergeOut, "core.merge_out", text)
}

fn comes(asset: &Asset, amount: i64, context: &Context) -> EntryDraft {
    let text = if amount == 0 {
        Text::new(
            "会籍合并：已用完的批次一并转入，供日后退货返还。",
            "Memberships merged: lots that were used up came along, for what returns may give back.",
        )
    } else {
        let told = told(asset, amount, context);
        Text::new(
            format!("会籍合并：从本人另一会籍转来{}，有效期不变。", told.zh),
            format!(
                "Memberships merged or parted: {} came from the holder's other one with their dates.",
                told.en
            ),
        )
    };
    draft(EntryKind::MergeIn, "core.merge_in", text)
}

fn debt_goes(asset: &Asset, debt: i64, kind: EntryKind, context: &Context) -> EntryDraft {
    let told = told(asset, debt, context);
    let text = Text::new(
        format!("会籍合并：欠{}随会籍转移。", told.zh),
        format!("Memberships merged or parted: a debt of {} went along.", told.en),
    );
    draft(kind, "core.merge_debt", text)
}
