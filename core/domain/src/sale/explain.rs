//! The sentences of the core's own entries, in both languages (D-LED-6).

use super::earn::{KeptLine, draft};
use super::kept::PartSum;
use super::{Bonus, Contribution, Rounding};
use crate::error::Text;
use crate::ledger::{EntryDraft, EntryKind};
use crate::money::{Minor, Points, Ppm, format_minor, format_ppm};

/// Most sentences of rules in one entry; what is beyond is summed up.
const MAX_SENTENCES: usize = 8;

/// The earn entry: one sentence per rule with what it brought, and how the total was rounded.
pub(super) fn earn(
    contributions: &[Contribution],
    bonuses: &[&Bonus],
    lines: &[KeptLine],
    sum: &PartSum,
    rounding: Rounding,
) -> EntryDraft {
    let mut parts: Vec<(&str, &Text, PartSum)> = Vec::new();
    for contribution in contributions {
        let Some(line) = lines.iter().find(|line| line.number == contribution.line) else {
            continue;
        };
        let found = parts
            .iter()
            .position(|(r, t, _)| *r == contribution.rule && *t == &contribution.explanation);
        let place = found.unwrap_or_else(|| {
            parts.push((&contribution.rule, &contribution.explanation, PartSum::ZERO));
            parts.len() - 1
        });
        parts[place].2.add_part(contribution.points, line.kept, line.quantity);
    }
    for bonus in bonuses {
        let mut points = PartSum::ZERO;
        points.add_whole(bonus.points);
        parts.push((&bonus.rule, &bonus.explanation, points));
    }
    let mut text = Text::new("", "");
    for (_, explanation, points) in parts.iter().take(MAX_SENTENCES) {
        sentence(&mut text, explanation, points.ppm());
    }
    let rest = parts.iter().skip(MAX_SENTENCES);
    if rest.len() > 0 {
        let more = Text::new(format!("另有{}条", rest.len()), format!("{} more", rest.len()));
        sentence(&mut text, &more, rest.map(|(_, _, points)| points.ppm()).sum());
    }
    if !sum.is_whole() {
        let (total, points) = (format_ppm(sum.ppm()), sum.points(rounding));
        let (zh, en) = match rounding {
            Rounding::Floor => ("向下取整", "rounded down"),
            Rounding::HalfUp => ("四舍五入", "rounded half up"),
            Rounding::Ceil => ("向上取整", "rounded up"),
        };
        text.zh.push_str(&format!("合计{total}，{zh}为{points}。"));
        text.en.push_str(&format!(" {total} in total, {en} to {points}."));
    }
    let mut rules: Vec<&str> = Vec::new();
    for (rule, _, _) in &parts {
        if !rules.contains(rule) && rules.len() < MAX_SENTENCES {
            rules.push(rule);
        }
    }
    let mut entry = draft(EntryKind::Earn, rules.join("+"), text);
    // A bill of one line is explained by that line.
    entry.line = if let [line] = lines { Some(line.number) } else { None };
    entry
}

/// Bonuses of whole points: the plugin's own words.
pub(super) fn bonus(bonuses: &[&Bonus]) -> EntryDraft {
    let mut text = Text::new("", "");
    bonuses
        .iter()
        .for_each(|bonus| sentence(&mut text, &bonus.explanation, bonus.points));
    let rule = bonuses.first().map_or_else(String::new, |bonus| bonus.rule.clone());
    draft(EntryKind::Bonus, rule, text)
}

/// "1 point per 1.00 paid: +28.5."
fn sentence(text: &mut Text, explanation: &Text, points: Ppm) {
    let points = if points > 0 {
        format!("+{}", format_ppm(points))
    } else {
        format_ppm(points)
    };
    text.zh.push_str(&format!(
        "{}：{points}。",
        explanation.zh.trim_end_matches(['。', '.', ' '])
    ));
    let space = if text.en.is_empty() { "" } else { " " };
    text.en.push_str(&format!(
        "{space}{}: {points}.",
        explanation.en.trim_end_matches(['.', ' '])
    ));
}

/// Points paid on a bill.
pub(super) fn spend(points: Points, money: Minor, minor_units: u32) -> EntryDraft {
    let money = format_minor(money, minor_units);
    let text = Text::new(
        format!("用{points}分抵付{money}。"),
        format!("{points} points pay {money} of the bill."),
    );
    draft(EntryKind::Spend, "core.points_tender".to_owned(), text)
}

/// Points for so many of a reward, with the plugin's permission in its own words.
pub(super) fn redeem(reward: &Text, quantity: i64, rule: &str, permit: &Text) -> EntryDraft {
    let times = if quantity == 1 {
        String::new()
    } else {
        format!(" × {quantity}")
    };
    let text = Text::new(
        format!("兑换「{}」{times}。{}", reward.zh, permit.zh),
        format!("Exchanged for “{}”{times}. {}", reward.en, permit.en),
    );
    draft(EntryKind::Redeem, rule.to_owned(), text)
}

/// Points of an exchange that is cancelled.
pub(super) fn exchange_cancelled(receipt: &str) -> EntryDraft {
    let text = Text::new(
        format!("取消兑换{receipt}：积分退回，有效期不变。"),
        format!("Exchange {receipt} is cancelled: its points go back with their old dates."),
    );
    draft(EntryKind::GiveBack, "core.exchange_cancelled".to_owned(), text)
}

/// The four entries of a return.
pub(super) fn returned(kind: EntryKind, receipt: &str, waived: bool) -> EntryDraft {
    let (rule, zh, en) = match kind {
        EntryKind::GiveBack => (
            "core.give_back",
            format!("退货：小票{receipt}所用的积分退回，有效期不变。"),
            format!("Return: points spent on receipt {receipt} go back with their old dates."),
        ),
        EntryKind::Expire => (
            "core.expired_meanwhile",
            format!("小票{receipt}退回的这部分积分已过有效期，不再恢复。"),
            format!(
                "This part of the points given back for receipt {receipt} has expired meanwhile and stays expired."
            ),
        ),
        EntryKind::ClawBackExcess if waived => (
            "core.claw_back_waived",
            format!("小票{receipt}应收回的积分已不足，按规则免收。"),
            format!("Points earned with receipt {receipt} are no longer there; the program lets them go."),
        ),
        EntryKind::ClawBackExcess => (
            "core.claw_back_owed",
            format!("小票{receipt}应收回的积分已用掉，记为欠分，由以后的积分先还。"),
            format!(
                "Points earned with receipt {receipt} have been spent already: owed, the next points fill it first."
            ),
        ),
        _ => (
            "core.claw_back",
            format!("退货：小票{receipt}所得的积分收回。"),
            format!("Return: points earned with receipt {receipt} are taken back."),
        ),
    };
    draft(kind, rule.to_owned(), Text::new(zh, en))
}

/// Stored value that a return gives back; of it, what had expired meanwhile.
pub(super) fn value_returned(kind: EntryKind, receipt: &str) -> EntryDraft {
    let (rule, zh, en) = match kind {
        EntryKind::Expire => (
            "core.expired_meanwhile",
            format!("小票{receipt}退回的这部分储值已过有效期，不再恢复。"),
            format!("This part of the stored value given back for receipt {receipt} has expired meanwhile."),
        ),
        _ => (
            "core.value_back",
            format!("退货：小票{receipt}所付的储值退回原处。"),
            format!("Return: what was paid with stored value on receipt {receipt} goes back to where it came from."),
        ),
    };
    draft(kind, rule.to_owned(), Text::new(zh, en))
}

/// Why nothing is taken back of points that nobody can have spent.
pub(super) fn lapsed(points: Points, receipt: &str) -> EntryDraft {
    let text = Text::new(
        format!("退货：小票{receipt}所得的积分中{points}分未用而过期，不再收回。"),
        format!("Return: {points} points earned with receipt {receipt} had expired unspent; they aren't taken back."),
    );
    draft(EntryKind::ClawBackExcess, "core.claw_back_expired".to_owned(), text)
}

/// The end of a lot.
pub(super) fn expired(last_day: Option<crate::Day>) -> EntryDraft {
    let text = match last_day {
        Some(day) => Text::new(
            format!("积分有效期至{day}，已到期。"),
            format!("Valid through {day}: expired."),
        ),
        None => Text::new("积分已到期。", "Expired."),
    };
    draft(EntryKind::Expire, "core.expiry".to_owned(), text)
}

/// An end that is taken back, because the points were used before it.
pub(crate) fn end_undone(points: Points, entry: crate::id::EntryId) -> EntryDraft {
    let text = Text::new(
        format!("这{points}分在到期前已经使用，到期作废冲回。"),
        format!("These {points} points were used before they expired: their expiry is taken back."),
    );
    EntryDraft {
        reverses: Some(entry),
        ..draft(EntryKind::Expire, "core.expiry_undone".to_owned(), text)
    }
}

/// The end of a lot with its membership.
pub(super) fn membership_ended(last_day: Option<crate::Day>) -> EntryDraft {
    let text = match last_day {
        Some(day) => Text::new(
            format!("会籍有效期至{day}，积分随之作废。"),
            format!("The membership was valid through {day}; its points end with it."),
        ),
        None => Text::new(
            "会籍已结束，积分随之作废。",
            "The membership has ended; its points end with it.",
        ),
    };
    draft(EntryKind::Expire, "core.membership_ended".to_owned(), text)
}
