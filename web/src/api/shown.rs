//! People as tills show them: in the reader's language (D-RET-7).

use crate::http::Language;
use cardea_engine::query::{CardHolder, CustomerBrief, CustomerShown};

/// The holder of a card.
pub fn holder(customer: CustomerBrief, language: Language) -> CardHolder {
    CardHolder {
        id: customer.id,
        display: language.pick(&customer.display).into(),
        phone_masked: customer.phone_masked,
    }
}

/// Whose bill or membership it is.
pub fn customer(customer: &CustomerBrief, language: Language) -> CustomerShown {
    CustomerShown {
        id: customer.id,
        display: language.pick(&customer.display).into(),
    }
}
