//! What is shipped: a subject and a text of each kind. English is worded so that a number needs no plural.

use super::MessageKind::{self, *};

pub(super) fn chinese(kind: MessageKind) -> (&'static str, &'static str) {
    match kind {
        ApprovalWaiting => (
            "待您审批：{title}",
            "{name}，您好！\n\n“{title}”正在等待您审批，请打开以下链接查看并处理：\n{link}\n\n{chain}",
        ),
        ContractReminder => (
            "合同 {number} 将于{day}到期",
            "{name}，您好！\n\n合同 {number} 将于{day}到期，剩余天数：{days}。请及时安排续签或终止。\n\n{chain}",
        ),
        MilestoneReminder => (
            "合同 {number} 履约节点：{milestone}，{day}",
            "{name}，您好！\n\n合同 {number} 的履约节点“{milestone}”约定于{day}完成，请及时安排。\n\n{chain}",
        ),
        LoanOverdue => (
            "合同 {number} 的原件逾期未还",
            "{name}，您好！\n\n合同 {number} 的原件应于{day}归还，目前尚未归还，请尽快处理。\n\n{chain}",
        ),
        FollowUpOverdue => (
            "逾期未完成的跟进：{count} 项",
            "{name}，您好！\n\n目前有 {count} 项跟进已逾期，其中最早的一项应于{oldest}完成。请尽快安排与顾客联系。\n\n{chain}",
        ),
        CardLost => (
            "您的会员卡已挂失",
            "{name}，您好！\n\n您尾号为 {card} 的会员卡已于{time}挂失，现已停用，您的积分不受影响。\n\n\
             如果不是您本人挂失，请立即联系门店。\n\n{chain}",
        ),
        CardReplaced => (
            "您的新会员卡已办好",
            "{name}，您好！\n\n您的会员卡已于{day}补办，新卡尾号为 {card}。旧卡已永久失效，您的积分仍然保留。\n\n\
             如果不是您本人补办，请立即联系门店。\n\n{chain}",
        ),
        TierChanged => (
            "您的会员等级已变更为{tier}",
            "{name}，您好！\n\n您在“{program}”的会员等级已由{before}变更为{tier}。感谢您一直以来的支持！\n\n{chain}",
        ),
        MembershipRenewed => (
            "您的会员卡已续期",
            "{name}，您好！\n\n您在“{program}”的会员卡已续期，有效期至{day}。感谢您一直以来的支持！\n\n{chain}",
        ),
        PointsExpiring => (
            "您有积分即将到期",
            "{name}，您好！\n\n您在“{program}”的 {points} 积分有效期至{day}，请在此之前使用。期待您的光临！\n\n{chain}",
        ),
        CardExpiring => (
            "您的会员卡即将到期",
            "{name}，您好！\n\n您在“{program}”的会员卡有效期至{day}。如需续期，欢迎到店咨询。\n\n{chain}",
        ),
        Birthday => (
            "{name}，生日快乐！",
            "{name}，您好！\n\n祝您生日快乐，愿新的一岁平安顺遂、喜乐常伴！期待与您相聚。\n\n{chain} {store}",
        ),
        Announcement => ("{title}", "{name}，您好！\n\n{text}\n\n{chain}"),
    }
}

pub(super) fn english(kind: MessageKind) -> (&'static str, &'static str) {
    match kind {
        ApprovalWaiting => (
            "Waiting for your approval: {title}",
            "Dear {name},\n\n“{title}” is waiting for your approval. Please look at it and decide here:\n{link}\n\n{chain}",
        ),
        ContractReminder => (
            "Contract {number} ends on {day}",
            "Dear {name},\n\nContract {number} ends on {day}; days left: {days}. Please arrange its renewal or its end in \
             good time.\n\n{chain}",
        ),
        MilestoneReminder => (
            "Contract {number}: {milestone}, due on {day}",
            "Dear {name},\n\nThe milestone “{milestone}” of contract {number} is due on {day}. Please see to it in time.\
             \n\n{chain}",
        ),
        LoanOverdue => (
            "The original of contract {number} is overdue",
            "Dear {name},\n\nThe original of contract {number} was due back on {day} and hasn't been returned yet. Please \
             see to it soon.\n\n{chain}",
        ),
        FollowUpOverdue => (
            "Overdue follow-ups: {count}",
            "Dear {name},\n\nOverdue follow-ups: {count}. The oldest was due on {oldest}. Please make sure that the \
             customers hear from us soon.\n\n{chain}",
        ),
        CardLost => (
            "Your card was reported lost",
            "Dear {name},\n\nYour card ending in {card} was reported lost on {time} and is blocked now. Your points aren't \
             affected.\n\nIf it wasn't you who reported it, please contact one of our stores at once.\n\n{chain}",
        ),
        CardReplaced => (
            "Your new card is ready",
            "Dear {name},\n\nYour card was replaced on {day}; the new one ends in {card}. The old card is no longer valid, \
             and your points are kept.\n\nIf it wasn't you who asked for it, please contact one of our stores at once.\
             \n\n{chain}",
        ),
        TierChanged => (
            "Your tier is {tier} now",
            "Dear {name},\n\nYour tier in {program} has changed from {before} to {tier}. Thank you for being with us!\
             \n\n{chain}",
        ),
        MembershipRenewed => (
            "Your card has been renewed",
            "Dear {name},\n\nYour card in {program} has been renewed and is now valid until {day}. Thank you for staying with \
             us!\n\n{chain}",
        ),
        PointsExpiring => (
            "Some of your points are about to expire",
            "Dear {name},\n\nPoints of yours in {program} that are valid until {day}: {points}. Please use them before they \
             expire; we look forward to seeing you!\n\n{chain}",
        ),
        CardExpiring => (
            "Your card is about to expire",
            "Dear {name},\n\nYour card in {program} is valid until {day}. If you would like to renew it, please ask in one \
             of our stores.\n\n{chain}",
        ),
        Birthday => (
            "Happy birthday, {name}!",
            "Dear {name},\n\nWe wish you a very happy birthday and a wonderful year. We look forward to seeing you soon!\
             \n\n{chain} {store}",
        ),
        Announcement => ("{title}", "Dear {name},\n\n{text}\n\n{chain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{MessageLanguage, samples};

    fn all() -> impl Iterator<Item = (MessageKind, MessageLanguage)> {
        let languages = |kind: &MessageKind| MessageLanguage::ALL.iter().map(|language| (*kind, *language)).collect();
        MessageKind::ALL
            .iter()
            .flat_map(languages as fn(&MessageKind) -> Vec<_>)
    }

    #[test]
    fn what_is_shipped_is_accepted_and_names_only_what_is_known() {
        for (kind, language) in all() {
            assert_eq!(kind.shipped(language).check(kind, ""), Ok(()), "{kind} {language}");
        }
    }

    #[test]
    fn what_is_shipped_says_all_that_is_known() {
        for (kind, language) in all() {
            let wording = kind.shipped(language);
            for known in kind.placeholders() {
                let named = format!("{{{}}}", known.name);
                assert!(
                    wording.text.contains(&named) || wording.subject.contains(&named),
                    "{kind} {language} {named}"
                );
            }
        }
    }

    #[test]
    fn what_is_shipped_addresses_the_receiver_and_is_signed() {
        for (kind, language) in all() {
            let sent = kind.shipped(language).expand(&samples(kind, language));
            let (greeting, chain) = match language {
                MessageLanguage::Chinese => ("王小明，您好！\n\n", "沐光生活"),
                MessageLanguage::English => ("Dear Wang Xiaoming,\n\n", "Muguang Living"),
            };
            assert!(sent.text.starts_with(greeting), "{kind} {language}");
            assert!(
                sent.text.rsplit("\n\n").next().unwrap().starts_with(chain),
                "{kind} {language}"
            );
            assert!(
                !sent.text.contains(['{', '}']) && !sent.text.contains("  "),
                "{kind} {language}: {}",
                sent.text
            );
        }
    }

    #[test]
    fn languages_arent_mixed() {
        let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        for kind in MessageKind::ALL {
            let (zh, en) = (chinese(*kind), english(*kind));
            // An announcement's subject is its sender's.
            assert!(*kind == Announcement || zh.0.contains(is_chinese), "{kind}");
            assert!(zh.1.contains(is_chinese), "{kind}");
            assert!(!en.0.contains(is_chinese) && !en.1.contains(is_chinese), "{kind}");
        }
    }
}
