//! People as tills show them: in the reader's language (D-RET-7).

use crate::http::Language;
use crate::state::Customers;
use cardea_domain::id::CustomerId;
use cardea_engine::query::{CardHolder, CustomerBrief, CustomerShown};

/// The holder of a card.
pub fn holder(customer: CustomerBrief, language: Language) -> CardHolder {
    CardHolder {
        id: customer.id,
        display: language.pick(&customer.display).into(),
        phone_masked: customer.phone_masked,
    }
}

/// The holder of a card whose id alone was stored; without a name once the customer has gone.
pub fn named(customer: Option<CustomerBrief>, id: CustomerId, language: Language) -> CardHolder {
    let gone = CardHolder {
        id,
        display: String::new(),
        phone_masked: None,
    };
    customer.map_or(gone, |customer| holder(customer, language))
}

/// Whose membership it is.
pub fn customer(customer: &CustomerBrief, language: Language) -> CustomerShown {
    CustomerShown {
        id: customer.id,
        display: language.pick(&customer.display).into(),
    }
}

/// Whose bill it is, of whom the id alone was stored; without a name once the customer has gone.
pub fn buyer(customers: &Customers, id: CustomerId, language: Language) -> CustomerShown {
    let gone = CustomerShown {
        id,
        display: String::new(),
    };
    customers.get(&id).map_or(gone, |found| customer(found, language))
}
