//! What is said when an operation is asked for, and whether that is enough for it (D-CARD-2, -4, -5, -6).

use super::{Block, Given, Operation};
use crate::calendar::Instant;
use crate::error::{Code, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

named! {
/// What a caller is asked, to know who is on the telephone. Answers aren't kept.
#[derive(PartialOrd, Ord)]
pub enum CallBackQuestion {
    Birthday = "birthday",
    RegisteredPhone = "registered_phone",
    /// The last four digits of the identity document.
    IdentityLastFour = "identity_last_four",
    Address = "address",
    LastPurchase = "last_purchase",
    /// The store that issued the card.
    IssuingStore = "issuing_store",
    Consultant = "consultant",
}
}

named! {
/// Why a card is replaced.
pub enum ReplacementCause {
    /// Its loss was reported.
    Lost = "lost",
    /// It is on the counter and doesn't work any more: no report is needed.
    Damaged = "damaged",
}
}

impl ReplacementCause {
    /// The block that must stand.
    pub fn needs(self) -> Option<Block> {
        match self {
            Self::Lost => Some(Block::Loss),
            Self::Damaged => None,
        }
    }
}

// The reason has 1–200 characters.
/// Why an operation on a card is done, and what was made sure of; `GET /card-operations` says which operation demands
/// what.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardOperation {
    /// No personal data.
    #[schema(min_length = 1, max_length = 200, example = "钱包丢失")]
    pub reason: String,
    /// By phone: whether all call-back questions were answered right.
    pub caller_verified: Option<bool>,
    /// By phone: which call-back questions were asked.
    #[serde(default)]
    pub questions: Vec<CallBackQuestion>,
    /// The holder's identity document was seen.
    pub identity_checked: Option<bool>,
    /// Of a loss: since when the card is gone, as the holder says. Absent: not known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub lost_at: Option<Instant>,
    /// Of a found card: who brought it. Kept sealed; whoever may cancel the loss sees it (`GET /cards/{id}/loss`).
    #[schema(max_length = 100)]
    pub handed_in_by: Option<String>,
    /// At the hand-over: the holder got the member handbook.
    #[serde(default)]
    pub handbook_given: bool,
    /// At the hand-over: the use of the card was explained.
    #[serde(default)]
    pub use_explained: bool,
}

fn lacking(pointer: &str, zh: &str, en: &str) -> Refusal {
    Refusal::new(Code::FieldInvalid, zh, en).at(pointer)
}

impl Operation {
    /// Whether all that it demands was said; what another document carries (a cause, a PIN) is looked at there.
    ///
    /// # Errors
    /// `field_invalid`, with the field that is lacking.
    pub fn check(&self, told: &CardOperation, now: Instant) -> Result<(), Refusal> {
        if told.lost_at.is_some_and(|lost| lost > now) {
            return Err(lacking(
                "/lost_at",
                "遗失时间不能晚于现在",
                "It can't be lost later than now",
            ));
        }
        self.given.iter().try_for_each(|given| told.gives(*given))
    }
}

impl CardOperation {
    fn gives(&self, given: Given) -> Result<(), Refusal> {
        match given {
            Given::Reason => check_text(&self.reason, 200, "/reason", "请填写原因（最多 200 字）", "a reason"),
            Given::Identity if self.identity_checked != Some(true) => Err(lacking(
                "/identity_checked",
                "须先核对持卡人身份证件",
                "Check the holder's identity document first",
            )),
            Given::Caller => self.knows_the_caller(),
            Given::Finder => {
                let by = self.handed_in_by.as_deref().unwrap_or_default();
                let zh = "请登记送交人（最多 100 字）";
                check_text(by, 100, "/handed_in_by", zh, "who handed the card in,")
            }
            Given::HandOver if !self.handbook_given => Err(lacking(
                "/handbook_given",
                "领卡须发给会员手册",
                "Give the holder the member handbook",
            )),
            Given::HandOver if !self.use_explained => Err(lacking(
                "/use_explained",
                "领卡须讲解用卡方法",
                "Explain how the card is used",
            )),
            Given::Identity | Given::HandOver | Given::Cause | Given::OldPin | Given::NewPin => Ok(()),
        }
    }

    /// By phone the caller must have answered at least one question, all right; at the counter a loss is taken with or
    /// without a document, and either is recorded (D-CARD-5).
    fn knows_the_caller(&self) -> Result<(), Refusal> {
        match (self.caller_verified, self.identity_checked) {
            (Some(true), _) if self.questions.is_empty() => Err(lacking(
                "/questions",
                "请注明核对了哪些预留问题",
                "Say which call-back questions were asked",
            )),
            (None | Some(false), None) => Err(lacking(
                "/caller_verified",
                "电话挂失须先按预留问题核对来电人；在柜台挂失请注明是否核对了证件",
                "By phone, ask the call-back questions first; at the counter, say whether the document was seen",
            )),
            _ => Ok(()),
        }
    }
}

fn check_text(text: &str, most: usize, pointer: &str, zh: &str, what: &str) -> Result<(), Refusal> {
    match text.trim().chars().count() {
        length if (1..=most).contains(&length) => Ok(()),
        _ => Err(lacking(
            pointer,
            zh,
            &format!("Give {what} of at most {most} characters"),
        )),
    }
}
