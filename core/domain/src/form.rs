//! Forms that customers fill in themselves (D-ARC-2).

use crate::provenance::CardSource;

named! {
/// Fields that are asked for together.
pub enum FormGroup {
    /// Birthday, sex, native place, employer, occupation, products used.
    Person = "person",
    /// Phones, mail, WeChat, QQ, address, postcode, plates.
    Contact = "contact",
    /// Form, trade, founding and credit code of a company.
    Company = "company",
}
}

named! {
/// Where a form stands.
pub enum FormState {
    /// The link works.
    Open = "open",
    /// Filled in, and some answers wait for somebody to look at them.
    Answered = "answered",
    /// Every answer was accepted or refused.
    Reviewed = "reviewed",
    Withdrawn = "withdrawn",
    /// Nobody filled it in in time.
    Expired = "expired",
}
}

named! {
/// What became of an answer.
pub enum Decision {
    Accepted = "accepted",
    Refused = "refused",
}
}

/// What customers say of themselves.
pub const SOURCE: CardSource = CardSource::Own;

impl FormGroup {
    /// The places of its fields on the card.
    pub fn places(self) -> &'static [&'static str] {
        match self {
            Self::Person => &[
                "birthday",
                "card/person/sex",
                "card/person/native_place",
                "card/person/employer",
                "card/person/occupation",
                "card/person/products_used",
            ],
            Self::Contact => &[
                "phones",
                "card/contact/mail",
                "card/contact/wechat",
                "card/contact/qq",
                "card/contact/address",
                "card/contact/postcode",
                "card/contact/plates",
            ],
            Self::Company => &[
                "card/company/form",
                "card/company/trade",
                "card/company/founded_on",
                "card/company/credit_code",
            ],
        }
    }

    /// The group that a place belongs to.
    pub fn of(place: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|group| group.places().contains(&place))
    }
}
