//! The kinds of messages: whom each is for and what values its wording may name.

use super::{MessageLanguage, Purpose, Wording, shipped};
use crate::error::Text;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

named! {
/// What a message is about.
#[derive(PartialOrd, Ord)]
pub enum MessageKind {
    ApprovalWaiting = "approval_waiting",
    ContractReminder = "contract_reminder",
    MilestoneReminder = "milestone_reminder",
    /// The original of a contract wasn't brought back.
    LoanOverdue = "loan_overdue",
    /// To the manager of those whose follow-ups they are.
    FollowUpOverdue = "follow_up_overdue",
    CardLost = "card_lost",
    CardReplaced = "card_replaced",
    TierChanged = "tier_changed",
    MembershipRenewed = "membership_renewed",
    PointsExpiring = "points_expiring",
    CardExpiring = "card_expiring",
    Birthday = "birthday",
    /// What head office tells everybody in a segment.
    Announcement = "announcement",
}
}

use MessageKind::*;

/// A value that a wording may name, with what stands for it in a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Placeholder {
    /// Between the braces.
    pub name: &'static str,
    /// What it is, in Chinese.
    pub zh: &'static str,
    /// What it is, in English.
    pub en: &'static str,
    pub sample_zh: &'static str,
    pub sample_en: &'static str,
}

/// The name; what it is in Chinese and English; a sample in Chinese and English.
const fn placeholder(name: &'static str, what: [&'static str; 2], sample: [&'static str; 2]) -> Placeholder {
    Placeholder {
        name,
        zh: what[0],
        en: what[1],
        sample_zh: sample[0],
        sample_en: sample[1],
    }
}

const NAME: Placeholder = placeholder(
    "name",
    ["接收人姓名", "The receiver's name"],
    ["王小明", "Wang Xiaoming"],
);
const CHAIN: Placeholder = placeholder(
    "chain",
    ["企业名称", "The chain's name"],
    ["沐光生活", "Muguang Living"],
);
const NUMBER: Placeholder = placeholder(
    "number",
    ["合同编号", "The contract's number"],
    ["HT-2026-0018", "HT-2026-0018"],
);
const PROGRAM: Placeholder = placeholder("program", ["会员计划", "The program"], ["沐光会员", "Muguang Club"]);

/// A day, said to be this or that.
const fn day(name: &'static str, what: [&'static str; 2]) -> Placeholder {
    placeholder(name, what, ["2026年12月31日", "31 December 2026"])
}

const APPROVAL: &[Placeholder] = &[
    NAME,
    CHAIN,
    placeholder(
        "title",
        ["待审批的事项", "What waits for approval"],
        ["合同 HT-2026-0018 的审批", "Approval of contract HT-2026-0018"],
    ),
    placeholder(
        "link",
        ["审批页面的链接", "Where it is decided"],
        ["https://cardea.example/approvals", "https://cardea.example/approvals"],
    ),
];
const CONTRACT: &[Placeholder] = &[
    NAME,
    CHAIN,
    NUMBER,
    day("day", ["合同的最后一天", "The contract's last day"]),
    placeholder("days", ["剩余天数", "Days left"], ["30", "30"]),
];
const MILESTONE: &[Placeholder] = &[
    NAME,
    CHAIN,
    NUMBER,
    placeholder("milestone", ["履约节点", "The milestone"], ["付款", "Payment"]),
    day("day", ["约定的日期", "The day it is due"]),
];
const LOAN: &[Placeholder] = &[
    NAME,
    CHAIN,
    NUMBER,
    day("day", ["应归还的日期", "The day it was due back"]),
];
const FOLLOW_UP: &[Placeholder] = &[
    NAME,
    CHAIN,
    placeholder("count", ["逾期的跟进数", "How many are overdue"], ["3", "3"]),
    day("oldest", ["最早一项的到期日", "When the oldest was due"]),
];
const LOST: &[Placeholder] = &[
    NAME,
    CHAIN,
    placeholder(
        "card",
        ["挂失卡号的后四位", "The last four digits of the lost card"],
        ["4821", "4821"],
    ),
    placeholder(
        "time",
        ["挂失时间", "When it was reported"],
        ["2026年12月31日 21:05", "31 December 2026, 21:05"],
    ),
];
const REPLACED: &[Placeholder] = &[
    NAME,
    CHAIN,
    placeholder(
        "card",
        ["新卡卡号的后四位", "The last four digits of the new card"],
        ["7306", "7306"],
    ),
    day("day", ["补卡日期", "The day it was replaced"]),
];
const TIER: &[Placeholder] = &[
    NAME,
    CHAIN,
    PROGRAM,
    placeholder("tier", ["现在的等级", "The tier now"], ["金卡", "Gold"]),
    placeholder("before", ["原来的等级", "The tier before"], ["银卡", "Silver"]),
];
const POINTS: &[Placeholder] = &[
    NAME,
    CHAIN,
    PROGRAM,
    placeholder("points", ["将过期的积分", "The points that expire"], ["320", "320"]),
    day("day", ["积分有效期的最后一天", "The last day on which they are valid"]),
];
const CARD: &[Placeholder] = &[
    NAME,
    CHAIN,
    PROGRAM,
    day("day", ["卡有效期的最后一天", "The card's last valid day"]),
];
const BIRTHDAY: &[Placeholder] = &[
    NAME,
    CHAIN,
    placeholder(
        "store",
        ["顾客所属门店", "The customer's store"],
        ["南京西路店", "Nanjing West Road"],
    ),
];

const ANNOUNCEMENT: &[Placeholder] = &[
    NAME,
    CHAIN,
    placeholder("title", ["通知标题", "The title"], ["周五会员日", "Friday for members"]),
    placeholder(
        "text",
        ["通知正文", "The text"],
        [
            "本周五双倍积分，欢迎光临！",
            "Double points this Friday; we look forward to seeing you!",
        ],
    ),
];

impl MessageKind {
    /// What it is for.
    pub fn purpose(self) -> Purpose {
        match self {
            ApprovalWaiting | ContractReminder | MilestoneReminder | LoanOverdue | FollowUpOverdue => Purpose::Work,
            CardLost | CardReplaced | TierChanged | MembershipRenewed => Purpose::Account,
            PointsExpiring | CardExpiring => Purpose::Reminder,
            Birthday | Announcement => Purpose::Marketing,
        }
    }

    /// Whether it goes out in quiet hours too: who didn't report the loss has to know at once.
    pub fn is_urgent(self) -> bool {
        self == CardLost
    }

    /// What it is called.
    pub fn title(self) -> Text {
        match self {
            ApprovalWaiting => Text::new("待审批提醒", "Approval waiting"),
            ContractReminder => Text::new("合同到期提醒", "Contract about to end"),
            MilestoneReminder => Text::new("履约节点提醒", "Milestone about to be due"),
            LoanOverdue => Text::new("合同原件逾期未还", "Original of a contract overdue"),
            FollowUpOverdue => Text::new("跟进逾期提醒", "Follow-ups overdue"),
            CardLost => Text::new("会员卡挂失通知", "Card reported lost"),
            CardReplaced => Text::new("补卡通知", "Card replaced"),
            TierChanged => Text::new("会员等级变更通知", "Tier changed"),
            MembershipRenewed => Text::new("续卡通知", "Membership renewed"),
            PointsExpiring => Text::new("积分到期提醒", "Points about to expire"),
            CardExpiring => Text::new("会员卡到期提醒", "Card about to expire"),
            Birthday => Text::new("生日祝福", "Birthday wishes"),
            Announcement => Text::new("营销通知", "Announcement"),
        }
    }

    /// What its wording may name: the receiver's name and the chain's first, then its own.
    pub fn placeholders(self) -> &'static [Placeholder] {
        match self {
            ApprovalWaiting => APPROVAL,
            ContractReminder => CONTRACT,
            MilestoneReminder => MILESTONE,
            LoanOverdue => LOAN,
            FollowUpOverdue => FOLLOW_UP,
            CardLost => LOST,
            CardReplaced => REPLACED,
            TierChanged => TIER,
            PointsExpiring => POINTS,
            CardExpiring | MembershipRenewed => CARD,
            Birthday => BIRTHDAY,
            Announcement => ANNOUNCEMENT,
        }
    }

    /// What it says where a chain has no wording of its own.
    pub fn shipped(self, language: MessageLanguage) -> Wording {
        let (subject, text) = match language {
            MessageLanguage::Chinese => shipped::chinese(self),
            MessageLanguage::English => shipped::english(self),
        };
        Wording {
            subject: subject.into(),
            text: text.into(),
        }
    }
}

/// The values of a preview or a test.
pub fn samples(kind: MessageKind, language: MessageLanguage) -> BTreeMap<String, String> {
    let sample = |known: &Placeholder| match language {
        MessageLanguage::Chinese => known.sample_zh,
        MessageLanguage::English => known.sample_en,
    };
    kind.placeholders()
        .iter()
        .map(|known| (known.name.to_owned(), sample(known).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn kinds_have_the_purposes_of_their_receivers() {
        let of = |purpose| -> Vec<&str> {
            MessageKind::ALL
                .iter()
                .filter(|kind| kind.purpose() == purpose)
                .map(|kind| kind.as_str())
                .collect()
        };
        assert_eq!(
            of(Purpose::Work),
            [
                "approval_waiting",
                "contract_reminder",
                "milestone_reminder",
                "loan_overdue",
                "follow_up_overdue"
            ]
        );
        assert_eq!(
            of(Purpose::Account),
            ["card_lost", "card_replaced", "tier_changed", "membership_renewed"]
        );
        assert_eq!(of(Purpose::Reminder), ["points_expiring", "card_expiring"]);
        assert_eq!(of(Purpose::Marketing), ["birthday", "announcement"]);
    }

    #[test]
    fn only_a_lost_card_is_urgent() {
        let urgent: Vec<&MessageKind> = MessageKind::ALL.iter().filter(|kind| kind.is_urgent()).collect();
        assert_eq!(urgent, [&CardLost]);
    }

    #[test]
    fn titles_and_placeholders_are_each_their_own() {
        let titles: BTreeSet<String> = MessageKind::ALL.iter().map(|kind| kind.title().zh).collect();
        assert_eq!(titles.len(), MessageKind::ALL.len());
        for kind in MessageKind::ALL {
            let names: Vec<&str> = kind.placeholders().iter().map(|known| known.name).collect();
            assert_eq!(names[..2], ["name", "chain"], "{kind}");
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{kind}");
        }
    }

    #[test]
    fn samples_are_there_for_every_placeholder_in_the_language() {
        let english = samples(TierChanged, MessageLanguage::English);
        assert_eq!(english["tier"], "Gold");
        assert_eq!(samples(TierChanged, MessageLanguage::Chinese)["tier"], "金卡");
        for kind in MessageKind::ALL {
            let samples = samples(*kind, MessageLanguage::Chinese);
            let empty = |known: &Placeholder| samples.get(known.name).is_none_or(String::is_empty);
            assert!(!kind.placeholders().iter().any(empty), "{kind}");
        }
    }

    #[test]
    fn samples_of_days_and_times_read_as_those_that_are_sent() {
        let at = "2026-12-31T21:05:00Z".parse().unwrap();
        for language in MessageLanguage::ALL {
            let lost = samples(CardLost, *language);
            assert_eq!(lost["time"], language.time(at, crate::Zone::UTC));
            let replaced = samples(CardReplaced, *language);
            assert_eq!(replaced["day"], language.day(crate::Zone::UTC.day_of(at)));
        }
    }
}
