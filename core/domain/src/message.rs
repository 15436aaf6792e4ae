//! Messages to staff and customers: what kinds there are, who may get them and when, and what they say. One message
//! goes to one receiver over one channel.

mod html;
mod kind;
mod language;
mod overrides;
mod rules;
mod shipped;
mod wording;

pub use html::html;
pub use kind::{MessageKind, Placeholder, samples};
pub use language::MessageLanguage;
pub use overrides::{GatewayTemplates, LanguagePair, MessageWording};
pub use rules::{Cap, ClockTime, DaysAhead, MessageRules, NotAClockTime, QuietHours};
pub use wording::{MOST_SUBJECT, MOST_SUBJECT_SENT, MOST_TEXT, Wording};

use crate::error::Text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

named! {
/// How a message goes out.
#[derive(PartialOrd, Ord)]
pub enum Channel {
    Mail = "mail",
    Sms = "sms",
    Chat = "chat",
}
}

/// What a message is for; whether the receiver is asked follows from it ([`permits`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
// What confidential data are looked at for is a `Purpose` of the interface already.
#[schema(as = MessagePurpose)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To staff, about their work.
    Work,
    /// To a customer, about what happened to their membership or card.
    Account,
    /// To a customer, about what is going to end.
    Reminder,
    Marketing,
}

named!(Purpose {
    Work = "work",
    Account = "account",
    Reminder = "reminder",
    Marketing = "marketing",
});

named! {
/// What became of a message so far.
pub enum MessageState {
    Queued = "queued",
    /// Somebody is delivering it.
    Sending = "sending",
    /// The channel has taken it.
    Sent = "sent",
    /// Refused for good, or tried in vain for too long.
    Dead = "dead",
    /// The answer was lost: it may have arrived or not, and a person decides.
    Unclear = "unclear",
    /// Not sent on purpose.
    Dropped = "dropped",
}
}

named! {
/// Why a message was dropped.
pub enum DropReason {
    SwitchedOff = "switched_off",
    NoConsent = "no_consent",
    Refused = "refused",
    NoAddress = "no_address",
    NoChannel = "no_channel",
    /// It needs a link to unsubscribe, and this server has no public address.
    NoLink = "no_link",
    TooMany = "too_many",
    Erased = "erased",
    /// The receiver is inactive, or the matter is settled.
    Gone = "gone",
    TooOld = "too_old",
    ByHand = "by_hand",
}
}

impl DropReason {
    /// What it is called.
    pub fn label(self) -> Text {
        match self {
            Self::SwitchedOff => Text::new("此类消息已关闭", "Messages of this kind are switched off"),
            Self::NoConsent => Text::new("顾客未同意接收营销消息", "The customer hasn't consented to marketing"),
            Self::Refused => Text::new("顾客已拒收此类消息", "The customer refuses messages of this purpose"),
            Self::NoAddress => Text::new(
                "接收人没有可用的地址或号码",
                "The receiver has no address for any channel",
            ),
            Self::NoChannel => Text::new("没有可用的发送渠道", "No channel is set up for it"),
            Self::NoLink => Text::new(
                "未设置对外网址，邮件里放不了退订链接",
                "No public address is set, which the link to unsubscribe needs",
            ),
            Self::TooMany => Text::new("已达到发送次数上限", "The receiver has got as many as permitted"),
            Self::Erased => Text::new("接收人的资料已删除", "The receiver's data were erased"),
            Self::Gone => Text::new(
                "接收人已停用，或事项已处理",
                "The receiver is inactive, or the matter is settled",
            ),
            Self::TooOld => Text::new("等待过久，已失去意义", "It has waited too long to be of use"),
            Self::ByHand => Text::new("由工作人员取消", "Dropped by hand"),
        }
    }
}

/// What a customer agreed to and refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Has agreed to marketing.
    pub marketing: bool,
    /// Wants no reminders.
    pub refuses_reminders: bool,
}

/// Whether a receiver may be written to: about work and about their own account always, with reminders unless they
/// refuse them, with marketing only once they agreed.
///
/// # Errors
/// `refused` for a reminder, `no_consent` for marketing.
pub fn permits(purpose: Purpose, consent: Consent) -> Result<(), DropReason> {
    match purpose {
        Purpose::Reminder if consent.refuses_reminders => Err(DropReason::Refused),
        Purpose::Marketing if !consent.marketing => Err(DropReason::NoConsent),
        Purpose::Work | Purpose::Account | Purpose::Reminder | Purpose::Marketing => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn who_agreed_to_nothing_gets_account_and_reminders_and_no_marketing() {
        let asked = |marketing, refuses_reminders| {
            let consent = Consent {
                marketing,
                refuses_reminders,
            };
            Purpose::ALL
                .iter()
                .map(|purpose| permits(*purpose, consent).err())
                .collect::<Vec<_>>()
        };
        let (no_consent, refused) = (Some(DropReason::NoConsent), Some(DropReason::Refused));
        assert_eq!(asked(false, false), [None, None, None, no_consent]);
        assert_eq!(asked(true, false), [None, None, None, None]);
        assert_eq!(asked(true, true), [None, None, refused, None]);
        assert_eq!(asked(false, true), [None, None, refused, no_consent]);
        assert_eq!(
            asked(false, false),
            asked(Consent::default().marketing, Consent::default().refuses_reminders)
        );
    }

    #[test]
    fn names_on_the_wire_are_those_stored() {
        for purpose in Purpose::ALL {
            assert_eq!(serde_json::to_string(purpose).unwrap(), format!("\"{purpose}\""));
        }
        // In order, so that nothing stored is misread after a change.
        let states = MessageState::ALL.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(states, ["queued", "sending", "sent", "dead", "unclear", "dropped"]);
    }

    #[test]
    fn every_reason_has_a_label_of_its_own() {
        let labels: Vec<Text> = DropReason::ALL.iter().map(|reason| reason.label()).collect();
        let zh: BTreeSet<&str> = labels.iter().map(|label| label.zh.as_str()).collect();
        let en: BTreeSet<&str> = labels.iter().map(|label| label.en.as_str()).collect();
        assert_eq!((zh.len(), en.len()), (labels.len(), labels.len()));
    }
}
