//! Forms that customers fill in themselves (D-ARC-2).

use crate::fields::{FieldDefinition, FieldKind};
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
    /// The chain's own fields, but for checklists.
    Own = "own",
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

/// The name of the chain's own field that stands at a place.
pub fn own_name(place: &str) -> Option<&str> {
    place.strip_prefix("card/own/")
}

/// The fields that customers are asked for: no checklists, which are kept by the shop, and none of them must be filled in,
/// since each answer is decided by itself.
pub fn askable(declared: Vec<FieldDefinition>) -> Vec<FieldDefinition> {
    let filled_in = |field: &FieldDefinition| !matches!(field.kind, FieldKind::Documents | FieldKind::Years);
    let asked = declared.into_iter().filter(filled_in);
    asked
        .map(|field| FieldDefinition {
            required: false,
            ..field
        })
        .collect()
}

impl FormGroup {
    /// The places of its fields on the card; none of the chain's own, which stand below `card/own/`.
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
            Self::Own => &[],
        }
    }

    /// The group that a place belongs to.
    pub fn of(place: &str) -> Option<Self> {
        if own_name(place).is_some() {
            return Some(Self::Own);
        }
        Self::ALL.iter().copied().find(|group| group.places().contains(&place))
    }
}
