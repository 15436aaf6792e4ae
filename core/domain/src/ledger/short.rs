//! What isn't there, in words.

use super::{Asset, AssetKind};
use crate::error::{Code, Refusal};

/// Less of an asset than is needed.
pub(crate) fn short(asset: &Asset, available: i64, needed: i64) -> Refusal {
    match asset.kind() {
        AssetKind::Points => insufficient(available, needed),
        _ => insufficient_value(available, needed),
    }
}

/// Points that aren't there.
pub(crate) fn insufficient(available: i64, needed: i64) -> Refusal {
    let (zh, en) = if available < 0 {
        let debt = -available;
        (
            format!("会员尚欠{debt}分，还清前不能使用积分。"),
            format!("The member owes {debt} points and can't spend any before they are earned back."),
        )
    } else {
        (
            format!("需要{needed}分，可用{available}分，还差{}分。", needed - available),
            format!(
                "{needed} points are needed, {available} can be spent: {} missing.",
                needed - available
            ),
        )
    };
    Refusal::new(Code::InsufficientPoints, zh, en).with(|facts| {
        facts.available = Some(available);
        facts.needed = Some(needed);
    })
}

/// Stored value or sessions that aren't there; whoever knows the unit says it in figures.
pub(crate) fn insufficient_value(available: i64, needed: i64) -> Refusal {
    let en = "There isn't enough stored value (or sessions) left for this.";
    Refusal::new(Code::InsufficientValue, "储值余额或剩余次数不足。", en).with(|facts| {
        facts.available = Some(available);
        facts.needed = Some(needed);
    })
}
