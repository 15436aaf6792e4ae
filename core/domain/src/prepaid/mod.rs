//! Money that is paid in advance: what the law says about it (D-CARD-11), what a top-up brings and how it is drawn
//! (D-HOT-5), and what is paid back of a top-up or a pass (D-CARD-12).

mod deposit;
mod draw;
mod offer;
mod refund;
mod rules;

pub use deposit::{Deposit, IssuerClass, deposit};
pub use draw::{DrawDown, Drawn, drawn};
pub use offer::{Grant, MAX_OFFERS, MAX_STEPS, OfferStep, TopUpOffer, offers_faults};
pub use refund::{Paid, RefundCase, RefundReason, Refunded, Uses, check_seven_days, list_share, refund};
pub use rules::{HolderKind, Payer, PrepaidRules, TopUpFacts, check_top_up, rules};
