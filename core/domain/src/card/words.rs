//! Cards in words, for refusals.

use super::{At, Block, CardOp, CardState};

pub(super) fn op_zh(op: CardOp) -> &'static str {
    match op {
        CardOp::Approve => "审核通过",
        CardOp::Reject => "驳回",
        CardOp::Collect => "领卡",
        CardOp::Freeze => "冻结",
        CardOp::Unfreeze => "解冻",
        CardOp::ReportLoss => "挂失",
        CardOp::HandIn => "拾卡登记",
        CardOp::CancelLoss => "解挂",
        CardOp::Replace => "补卡",
        CardOp::SetPin => "设置密码",
        CardOp::ChangePin => "修改密码",
        CardOp::ResetPin => "重置密码",
        CardOp::UnlockPin => "解锁密码",
        CardOp::Return => "退卡",
        CardOp::Cancel => "注销",
    }
}

pub(super) fn list_zh(ops: &[CardOp]) -> String {
    ops.iter().map(|op| op_zh(*op)).collect::<Vec<_>>().join("、")
}

pub(super) fn describe_zh(at: At) -> String {
    let state = match at.state {
        CardState::Applied if at.awaits_approval => "尚在申请中，待审核",
        CardState::Applied => "尚未领取",
        CardState::Rejected => "申请未通过",
        CardState::Active => "正常",
        CardState::Replaced => "已补换新卡",
        CardState::Returned => "已退卡",
        CardState::Void => "已作废",
        CardState::Merged => "已并入其他会籍",
    };
    let block = |block: &Block| match block {
        Block::Loss => "已挂失",
        Block::Frozen => "已冻结",
        Block::Pin => "密码已锁定",
        Block::Expired => "已过期",
    };
    match (at.state, at.blocks.is_empty()) {
        (CardState::Active, false) => at.blocks.iter().map(block).collect::<Vec<_>>().join("、"),
        _ => state.to_owned(),
    }
}

pub(super) fn describe_en(at: At) -> String {
    let block = |block: &Block| match block {
        Block::Loss => "reported lost",
        Block::Frozen => "frozen",
        Block::Pin => "locked after wrong PINs",
        Block::Expired => "expired",
    };
    match (at.state, at.blocks.is_empty()) {
        (CardState::Active, false) => at.blocks.iter().map(block).collect::<Vec<_>>().join(" and "),
        (CardState::Applied, _) if at.awaits_approval => "applied for and not approved yet".to_owned(),
        (CardState::Applied, _) => "not collected yet".to_owned(),
        (state, _) => state.to_string(),
    }
}
