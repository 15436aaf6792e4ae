//! What a program lets each kind of card be (D-CARD-1), and how it is issued (D-CARD-2).

use crate::calendar::Day;
use crate::card::CardKind;
use crate::error::{Code, FieldError, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

named! {
/// Who holds a card.
#[derive(Default)]
pub enum HolderRule {
    /// A customer of the archive.
    #[default]
    Customer = "customer",
    /// Whoever has it in hand.
    Nobody = "nobody",
    /// A member of staff.
    Staff = "staff",
}
}

named! {
/// What a card is used for.
#[derive(PartialOrd, Ord)]
pub enum CardUse {
    Earn = "earn",
    SpendPoints = "spend_points",
    /// Stored value and sessions of passes.
    SpendValue = "spend_value",
    Redeem = "redeem",
    TopUp = "top_up",
}
}

named! {
/// How a card is issued.
#[derive(Default)]
pub enum Issuing {
    /// It works at once.
    #[default]
    AtOnce = "at_once",
    /// It is applied for, and works when it was collected.
    OnCollection = "on_collection",
    /// Somebody else than who entered the application approves it before it is collected.
    OnApproval = "on_approval",
}
}

/// One kind of card of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KindTerms {
    pub kind: CardKind,
    #[serde(default)]
    pub holder: HolderRule,
    pub uses: Vec<CardUse>,
    /// Validity from the day of issue; null: as long as the membership. A membership that such a card opens without a
    /// customer ends with it.
    #[schema(minimum = 1, maximum = 120)]
    pub months: Option<u32>,
    /// Most cards of this kind that a membership has at a time; null: any number.
    #[schema(minimum = 1, maximum = 100)]
    pub most: Option<u32>,
    #[serde(default)]
    pub issuing: Issuing,
}

impl KindTerms {
    /// A kind of which nothing is said: held by a customer, good for everything, issued at once.
    fn unsaid(kind: CardKind) -> Self {
        Self {
            kind,
            holder: HolderRule::Customer,
            uses: CardUse::ALL.to_vec(),
            months: None,
            most: None,
            issuing: Issuing::AtOnce,
        }
    }

    /// The terms of a kind among those that a program declares. One that declares none issues every kind to customers.
    ///
    /// # Errors
    /// `card_kind` for a kind that the program doesn't issue.
    pub fn of(declared: &[Self], kind: CardKind) -> Result<Self, Refusal> {
        if declared.is_empty() {
            return Ok(Self::unsaid(kind));
        }
        let found = declared.iter().find(|terms| terms.kind == kind).cloned();
        found.ok_or_else(|| {
            Refusal::new(
                Code::CardKind,
                "本计划不发行此类卡，请改选其他卡种。",
                "The program doesn't issue cards of this kind; choose another one.",
            )
            .at("/kind")
        })
    }

    /// Whether a card of a kind serves for something; one whose kind isn't issued any more serves as before.
    ///
    /// # Errors
    /// `card_kind`
    pub fn check_use(declared: &[Self], kind: CardKind, wanted: CardUse) -> Result<(), Refusal> {
        let terms = declared.iter().find(|terms| terms.kind == kind);
        if terms.is_none_or(|terms| terms.uses.contains(&wanted)) {
            return Ok(());
        }
        let (zh, en) = match wanted {
            CardUse::Earn => ("积分", "earn points"),
            CardUse::SpendPoints => ("用积分付款", "pay with points"),
            CardUse::SpendValue => ("用储值付款或使用次卡", "pay with stored value or use a pass"),
            CardUse::Redeem => ("兑换礼品", "redeem rewards"),
            CardUse::TopUp => ("充值", "be topped up"),
        };
        Err(Refusal::new(
            Code::CardKind,
            format!("此类卡按本计划的规则不能{zh}，请使用其他卡。"),
            format!("By the program's rules a card of this kind can't {en}; use another card."),
        ))
    }

    /// Whether one more card of the kind may stand beside `held`.
    ///
    /// # Errors
    /// `card_kind` with the limit.
    pub fn check_number(&self, held: usize) -> Result<(), Refusal> {
        match self.most {
            Some(most) if held >= most as usize => Err(Refusal::new(
                Code::CardKind,
                format!("每个会籍最多持有 {most} 张此类卡，已达上限；可先退卡或注销一张。"),
                format!("A membership has at most {most} cards of this kind, and has them; return or void one first."),
            )
            .at("/kind")
            .with(|facts| facts.limit = Some(i64::from(most)))),
            _ => Ok(()),
        }
    }

    /// The last valid day of a card issued on `today`: the earliest of the kind's validity, the membership's end and, of
    /// a temporary card, the day that was chosen.
    ///
    /// # Errors
    /// `field_invalid`: a temporary card has an end that lies ahead, no other kind is given one.
    pub fn valid_through(
        &self,
        today: Day,
        membership: Option<Day>,
        chosen: Option<Day>,
    ) -> Result<Option<Day>, Refusal> {
        let wrong = |zh: &str, en: &str| Err(Refusal::new(Code::FieldInvalid, zh, en).at("/valid_through"));
        match (self.kind, chosen) {
            (CardKind::Temporary, None) => {
                return wrong("临时卡须填写截止日期", "A temporary card has a last valid day");
            }
            (CardKind::Temporary, Some(last)) if last < today => {
                return wrong("截止日期已过", "The last valid day is over already");
            }
            (CardKind::Temporary, Some(_)) | (_, None) => {}
            _ => {
                return wrong(
                    "只有临时卡可填写截止日期",
                    "Only a temporary card is given a last valid day",
                );
            }
        }
        // Issued on 1 March for a year: the last day is 28 February.
        let of_kind = self.months.and_then(|months| today.day_before_anniversary(months));
        Ok([of_kind, membership, chosen].into_iter().flatten().min())
    }
}

/// The wrong fields of a program's kinds, below `/kinds`.
pub(super) fn validate(kinds: &[KindTerms]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (n, terms) in kinds.iter().enumerate() {
        let mut check = |right: bool, field: &str, detail: &str| {
            if !right {
                errors.push(FieldError {
                    pointer: format!("/kinds/{n}/{field}"),
                    detail: detail.to_owned(),
                });
            }
        };
        let first = kinds.iter().position(|other| other.kind == terms.kind);
        check(first == Some(n), "kind", "stands there twice");
        let months = terms.months.is_none_or(|months| (1..=120).contains(&months));
        check(months, "months", "must be 1 to 120");
        let most = terms.most.is_none_or(|most| (1..=100).contains(&most));
        check(most, "most", "must be 1 to 100");
        let named = terms.kind != CardKind::Customer || terms.holder == HolderRule::Customer;
        check(named, "holder", "a customer's card is held by a customer");
        let nobody = terms.kind != CardKind::Anonymous || terms.holder == HolderRule::Nobody;
        check(nobody, "holder", "an anonymous card is held by nobody");
    }
    errors
}
