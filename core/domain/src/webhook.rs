//! What other systems can be told of by webhooks (D-HQ-3): every topic that is written, and how far an event has come.

use crate::error::Text;

/// The topic of a try-out, which nobody subscribes to.
pub const TEST: &str = "webhook.test";

/// Every topic: its name, what it says in Chinese and English. A test finds one that is written and isn't here.
pub const TOPICS: &[(&str, &str, &str)] = &[
    ("points.adjusted", "积分人工调整", "Points were adjusted by hand"),
    ("sale.created", "销售入账", "A sale was booked"),
    (
        "sale.unjudged",
        "销售待补判",
        "A sale waits to be judged by the program's rules",
    ),
    (
        "sale.judged",
        "销售已补判",
        "An earlier sale was judged and belongs to a membership",
    ),
    ("return.created", "退货入账", "A return was booked"),
    ("redemption.created", "礼品已兑换", "A reward was redeemed"),
    ("redemption.cancelled", "兑换已取消", "A redemption was cancelled"),
    ("top_up.created", "充值入账", "Stored value was topped up"),
    ("top_up.refunded", "充值已退款", "A top-up was paid back"),
    ("pass.used", "次卡已使用", "Sessions of a pass were used"),
    (
        "pass.use_cancelled",
        "次卡使用已撤销",
        "The use of a pass was called off",
    ),
    ("pass.refunded", "次卡已退款", "A pass was paid back"),
    ("membership.created", "会籍已开通", "A membership was opened"),
    ("membership.renewed", "会籍已续期", "A membership was renewed"),
    (
        "membership.transferred",
        "会籍已转让",
        "A membership went to another person",
    ),
    ("membership.merged", "会籍已合并", "Two memberships became one"),
    (
        "membership.unmerged",
        "会籍合并已撤销",
        "A merge of memberships was taken back",
    ),
    ("tier.changed", "会员等级变更", "A member's tier changed"),
    (
        "card.changed",
        "会员卡状态变更",
        "A card was issued, blocked, replaced, returned or expired",
    ),
    (
        "card_batch.ready",
        "空白卡已制号",
        "The numbers of a batch of cards are there",
    ),
    ("card_transfer.sent", "空白卡已调出", "Blank cards were sent"),
    ("card_transfer.received", "空白卡已收货", "Blank cards were received"),
    (
        "card_stock.registered",
        "空白卡已登记",
        "Blank cards were registered as lost, damaged, void or found",
    ),
    (
        "card_count.signed",
        "空白卡清查已签认",
        "A count of blank cards was signed",
    ),
    ("customer.created", "顾客已建档", "A customer was registered"),
    ("customer.merged", "顾客已合并", "Two customers became one"),
    ("customer.unmerged", "顾客合并已撤销", "A merge was undone"),
    ("customer.erased", "顾客资料已删除", "A customer's data were erased"),
    ("customer.assessed", "顾客已评级", "A customer was graded"),
    (
        "customer_fields.published",
        "顾客自定义字段已发布",
        "The chain's own fields of customers changed",
    ),
    ("record.created", "档案记录已新建", "A record was written"),
    ("record.changed", "档案记录已修改", "A record changed"),
    ("record.moved", "档案记录已流转", "A record moved on the board"),
    ("record_type.created", "记录类型已新建", "A type of records was made"),
    ("record_type.changed", "记录类型已修改", "A type of records changed"),
    ("journal.written", "客户日志已填写", "A journal entry was written"),
    ("file.attached", "附件已上传", "A file was attached"),
    ("form.answered", "顾客已填写登记表", "A customer answered a form"),
    ("contract.changed", "合同有变动", "Something happened with a contract"),
    (
        "contract_type.created",
        "合同类型已新建",
        "A type of contracts was made",
    ),
    ("contract_type.changed", "合同类型已修改", "A type of contracts changed"),
    ("approval.asked", "已提交审批", "An approval was asked for"),
    ("approval.decided", "审批已有结果", "An approval was decided"),
    ("warning.opened", "预警已触发", "A warning was opened"),
    ("scorecard.published", "评分表已发布", "A scorecard was published"),
    ("import.advanced", "资料导入有进展", "An import went on"),
    ("import.undone", "资料导入已撤销", "An import was taken back"),
    (
        "opening.booked",
        "期初余额已入账",
        "Opening balances of another system were booked",
    ),
    (
        "opening.undone",
        "期初余额已撤销",
        "Opening balances of another system were taken back",
    ),
    (
        "job.held",
        "夜间任务待确认",
        "A nightly job would take too much at once and waits for somebody's word",
    ),
    ("plugin.suspended", "行业插件已暂停", "A plugin was suspended"),
    ("region.created", "大区已新建", "A region was made"),
    ("region.changed", "大区已修改", "A region changed"),
    ("store.created", "门店已新建", "A store was made"),
    ("store.changed", "门店已修改", "A store changed"),
    ("staff.created", "员工账号已新建", "A member of staff was added"),
    ("staff.changed", "员工账号已修改", "A member of staff changed"),
    ("reward.created", "礼品已新建", "A reward was made"),
    ("reward.changed", "礼品已修改", "A reward changed"),
    ("voucher_kind.created", "券种已新建", "A kind of vouchers was made"),
    ("voucher_kind.changed", "券种已修改", "A kind of vouchers changed"),
    ("voucher.issued", "券已发放", "A voucher was given to a member"),
    ("campaign.created", "营销活动已新建", "A campaign was made"),
    ("campaign.changed", "营销活动已修改", "A campaign changed"),
    ("tag.created", "标签已新建", "A tag was made"),
    ("tag.changed", "标签已修改", "A tag changed"),
    ("segment.created", "人群已新建", "A segment was made"),
    ("segment.changed", "人群已修改", "A segment changed"),
];

/// What a topic says; None for one that nobody writes.
pub fn label(topic: &str) -> Option<Text> {
    let found = TOPICS.iter().find(|(name, ..)| *name == topic);
    found.map(|(_, zh, en)| Text::new(*zh, *en))
}

named! {
/// How far an event has come on its way to an address.
pub enum DeliveryState {
    /// It goes when its time has come and its address is switched on.
    Queued = "queued",
    Sending = "sending",
    /// The receiver has taken it.
    Sent = "sent",
    /// Given up: a person can send it again.
    Dead = "dead",
}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn topics_are_named_once_and_in_both_languages() {
        let names: BTreeSet<&str> = TOPICS.iter().map(|(name, ..)| *name).collect();
        assert_eq!(names.len(), TOPICS.len());
        for (name, zh, en) in TOPICS {
            assert!(!zh.is_empty() && !en.is_empty() && name.contains('.'), "{name}");
        }
        assert_eq!(label("sale.created").map(|text| text.zh), Some("销售入账".to_owned()));
        assert_eq!((label(TEST), label("sale")), (None, None));
    }
}
