//! A tier that somebody sets by hand (D-TIER-2): with a reason and an end, above the one that figures give. That one
//! goes on below it, so that at the end the figures decide.

use super::change::{Cause, both, changed, set_own};
use super::{Below, Ladder};
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal, Text};
use crate::id::StaffId;
use crate::ledger::Member;
use crate::measure::Measured;
use crate::rows::{Rows, TierChangeKind, TierChangeRow};

/// The longest that a tier can be set by hand.
pub const MOST_MONTHS: u32 = 24;

named! {
/// Why a tier is set by hand, or taken back.
pub enum TierReason {
    /// In return for something that went wrong.
    ServiceRecovery = "service_recovery",
    /// The customer has as high a tier elsewhere.
    StatusMatch = "status_match",
    /// An important business customer.
    KeyAccount = "key_account",
    Promotion = "promotion",
    /// What was recorded is wrong.
    Correction = "correction",
}
}

impl TierReason {
    fn told(self) -> [&'static str; 2] {
        match self {
            Self::ServiceRecovery => ["服务补偿", "service recovery"],
            Self::StatusMatch => ["同业等级匹配", "status match"],
            Self::KeyAccount => ["重要客户", "key account"],
            Self::Promotion => ["推广活动", "promotion"],
            Self::Correction => ["更正", "correction"],
        }
    }
}

/// Who sets or takes back a tier, why and when.
#[derive(Clone, Copy, Debug)]
pub struct ManualArgs {
    pub staff: Option<StaffId>,
    pub reason: TierReason,
    pub today: Day,
    pub now: Instant,
}

impl ManualArgs {
    fn cause(&self) -> Cause {
        Cause {
            bill: None,
            at: self.now,
            // No sentence of these names money.
            minor_units: 0,
        }
    }
}

/// Sets a tier by hand, through `until`. `member` is as afterwards, with the ladder's figures.
///
/// # Errors
/// `membership_closed`; `field_invalid` for a tier that the ladder doesn't have or that isn't above what figures give, and
/// for an end that is over or more than 24 months away. Nothing has changed then.
pub fn decide_manual(
    member: &mut Member,
    ladder: &Ladder,
    (tier, until): (&str, Day),
    args: ManualArgs,
) -> Result<Rows, Refusal> {
    member.check_open(args.now)?;
    let step = ladder.step(tier).ok_or_else(|| {
        let zh = format!("等级阶梯中没有“{tier}”，请从现行阶梯中选择。");
        let en = format!("The ladder in force has no tier {tier}; choose one of its steps.");
        Refusal::new(Code::FieldInvalid, zh, en).at("/tier")
    })?;
    let own = ladder.view(member.own_tier()).name;
    if ladder.position(tier) <= ladder.position(member.own_tier()) {
        let zh = format!("会员按消费已是{}，人工设定的等级必须更高。", own.zh);
        let en = format!(
            "The figures give {} already; a tier set by hand must be above it.",
            own.en
        );
        return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/tier"));
    }
    let last = args.today.add_months(MOST_MONTHS);
    if until < args.today || last.is_none_or(|last| until > last) {
        let zh = format!("到期日须在今天至{MOST_MONTHS}个月内。");
        let en = format!("The end must lie between today and {MOST_MONTHS} months from now.");
        return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/until"));
    }
    let before = both(member);
    member.below = Some(Below {
        tier: before.1.clone(),
        until: member.own_until(),
    });
    tier.clone_into(&mut member.tier);
    member.tier_until = Some(until);
    let [zh, en] = args.reason.told();
    let explanation = Text::new(
        format!("人工设为{}，至{until}，原因：{zh}；到期后按消费判定。", step.name.zh),
        format!(
            "Set to {} by hand through {until} ({en}); after that the figures decide.",
            step.name.en
        ),
    );
    let measured = ladder.measured(step, &member.figures, args.today);
    Ok(rows(
        member,
        &before,
        TierChangeKind::Manual,
        args,
        (measured, explanation),
    ))
}

/// Takes a tier back that was set by hand, before its end.
///
/// # Errors
/// `not_found` where none was.
pub fn decide_revoke(member: &mut Member, ladder: &Ladder, args: ManualArgs) -> Result<Rows, Refusal> {
    if member.below.is_none() {
        let zh = "该会籍没有人工设定的等级。";
        return Err(Refusal::new(
            Code::NotFound,
            zh,
            "The membership has no tier that was set by hand.",
        ));
    }
    let (before, name) = (both(member), ladder.view(&member.tier).name);
    let measured = back_to_own(member, ladder, args.today, args.today);
    let (own, [zh, en]) = (ladder.view(&member.tier).name, args.reason.told());
    let explanation = Text::new(
        format!("撤销人工设定的{}，原因：{zh}；按消费为{}。", name.zh, own.zh),
        format!(
            "{}, set by hand, is taken back ({en}): the figures give {}.",
            name.en, own.en
        ),
    );
    Ok(rows(
        member,
        &before,
        TierChangeKind::ManualEnded,
        args,
        (measured, explanation),
    ))
}

fn rows(
    member: &mut Member,
    before: &(String, String),
    kind: TierChangeKind,
    args: ManualArgs,
    (measured, explanation): (Measured, Text),
) -> Rows {
    let mut row = changed(member, before, kind, args.today, measured, (args.cause(), explanation));
    (row.staff, row.reason) = (args.staff, Some(args.reason));
    Rows {
        tier_changes: vec![row],
        membership_updates: vec![member.touch()],
        ..Rows::default()
    }
}

/// Ends a tier that was set by hand and whose last day was `last`.
pub(crate) fn end_manual(
    member: &mut Member,
    ladder: &Ladder,
    (last, today): (Day, Day),
    cause: Cause,
) -> TierChangeRow {
    let (before, name) = (both(member), ladder.view(&member.tier).name);
    let day = last.plus_days(1).unwrap_or(last);
    let measured = back_to_own(member, ladder, day, today);
    let own = ladder.view(&member.tier).name;
    let explanation = Text::new(
        format!("人工设定的{}于{last}到期，按消费为{}。", name.zh, own.zh),
        format!(
            "{}, set by hand, ended on {last}: the figures give {}.",
            name.en, own.en
        ),
    );
    let kind = TierChangeKind::ManualEnded;
    changed(member, &before, kind, day, measured, (cause, explanation))
}

/// Leaves the tier that figures give, or a higher one that they reach as of today. What the one above would have needed.
fn back_to_own(member: &mut Member, ladder: &Ladder, day: Day, today: Day) -> Measured {
    let step = ladder.step(&member.tier);
    let measured = step.map(|step| ladder.measured(step, &member.figures, day));
    let Some(below) = member.below.take() else {
        return Measured::default();
    };
    (member.tier, member.tier_until) = (below.tier, below.until);
    let reached = ladder
        .step_for(&member.figures, today)
        .filter(|_| ladder.steps.len() > 1);
    if let Some(step) = reached.filter(|step| ladder.position(&step.id) > ladder.position(&member.tier)) {
        set_own(member, ladder, &step.id, ladder.lasts_until(&step.id, today));
    }
    measured.unwrap_or_default()
}
