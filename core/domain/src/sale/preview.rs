//! The sentence that says what a return does, before and after it happens.

use super::{ReturnAnswer, ReturnedPoints};
use crate::error::Text;
use crate::money::Points;

/// "These 2 lines back: 75 points return to their old dates, 110 are taken back, 20 of them already spent: 20 owed;
/// the tier stays." `lines` come back, `settled` of the points given back went to a debt.
pub(super) fn sentence(answer: &ReturnAnswer, lines: usize, has_member: bool, settled: Points) -> Text {
    let points = &answer.points;
    let mut zh = Vec::new();
    let mut en = Vec::new();
    if points.given_back > 0 {
        let (mut zh_given, mut en_given) = (
            format!("{}分退回，有效期不变", points.given_back),
            format!("{} points return to their old dates", points.given_back),
        );
        if points.expired > 0 {
            zh_given.push_str(&format!("（其中{}分已过期，不再恢复）", points.expired));
            en_given.push_str(&format!(
                " ({} of them have expired meanwhile and stay expired)",
                points.expired
            ));
        }
        if points.to_pool > 0 {
            zh_given.push_str(&format!("（其中{}分还给家庭积分池）", points.to_pool));
            en_given.push_str(&format!(" ({} of them in the family pool)", points.to_pool));
        }
        if settled > 0 {
            zh_given.push_str(&format!("（其中{settled}分抵还欠分）"));
            en_given.push_str(&format!(" ({settled} of them settle a debt)"));
        }
        zh.push(zh_given);
        en.push(en_given);
    }
    if points.taken_back > 0 {
        let unit = if points.given_back > 0 { "" } else { " points" };
        let (mut zh_taken, mut en_taken) = (
            format!("收回{}分", points.taken_back),
            format!("{}{unit} are taken back", points.taken_back),
        );
        if points.owed > 0 {
            zh_taken.push_str(&format!("，其中{0}分已用掉：欠{0}分", points.owed));
            en_taken.push_str(&format!(", {0} of them already spent: {0} owed", points.owed));
        }
        zh.push(zh_taken);
        en.push(en_taken);
    }
    let (more_zh, more_en) = beside(points);
    zh.extend(more_zh);
    en.extend(more_en);
    if zh.is_empty() {
        zh.push("积分不变".to_owned());
        en.push("no points move".to_owned());
    }
    let (zh_lines, en_lines) = match lines {
        1 => ("退回这1行".to_owned(), "This line back".to_owned()),
        n => (format!("退回这{n}行"), format!("These {n} lines back")),
    };
    let (zh_tier, en_tier) = match (&answer.tier_before, &answer.tier) {
        _ if !has_member => ("无会籍".to_owned(), "no membership is concerned".to_owned()),
        (Some(before), Some(tier)) => (
            format!("等级由{}恢复为{}", before.name.zh, tier.name.zh),
            format!("the tier goes back from {} to {}", before.name.en, tier.name.en),
        ),
        _ => ("等级不变".to_owned(), "the tier stays".to_owned()),
    };
    Text::new(
        format!("{zh_lines}：{}；{zh_tier}。", zh.join("，")),
        format!("{en_lines}: {}; {en_tier}.", en.join(", ")),
    )
}

/// What is told beside what moves: points that are let be, and the introducer's.
fn beside(points: &ReturnedPoints) -> (Vec<String>, Vec<String>) {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    if points.lapsed > 0 {
        zh.push(format!("所得的{}分未用而过期，不再收回", points.lapsed));
        en.push(format!(
            "{} points earned with it had expired unspent and aren't taken back",
            points.lapsed
        ));
    }
    if points.from_introducer > 0 {
        zh.push(format!("介绍人因此获得的{}分一并收回", points.from_introducer));
        en.push(format!(
            "the introducer's {} points for it are taken back too",
            points.from_introducer
        ));
    }
    if points.waived > 0 {
        zh.push(format!("应收回的{}分已不在，按规则免收", points.waived));
        en.push(format!(
            "{} points that are no longer there are let go by the program",
            points.waived
        ));
    }
    (zh, en)
}
