//! Money that is paid in advance: what the law says about it (D-CARD-11), what a top-up brings and how it is drawn
//! (D-HOT-5), and what is paid back of a top-up or a pass (D-CARD-12).

mod deposit;
mod draw;
mod give_back;
mod offer;
mod pass;
mod pass_refund;
mod refund;
mod rules;
mod top_up;

pub use deposit::{Deposit, IssuerClass, deposit};
pub use draw::{Drawn, drawn};
pub use offer::{Grant, MAX_OFFERS, MAX_STEPS, OfferStep, TopUpOffer, offers_faults};
pub use refund::{Paid, RefundCase, RefundReason, Refunded, Uses, check_seven_days, list_share, refund};
pub use rules::{HolderKind, Payer, PrepaidRules, TopUpFacts, check_held, check_top_up, rules};

pub use give_back::{RefundAnswer, RefundArgs, TopUpRecord, decide_refund};
pub use pass::{
    MOST_SESSIONS, PassRecord, PassTerms, PassUseRecord, UseAnswer, UseArgs, decide_use, decide_use_cancel,
    grant_sessions,
};
pub use pass_refund::{PassRefundAnswer, decide_pass_refund};
pub use top_up::{PluginGrant, TopUpAnswer, TopUpArgs, decide_top_up, holder_kind};
pub(crate) use top_up::{check_member, value_of};

named! {
/// How the customer confirmed that sessions were used; the strongest of what was there.
pub enum Confirmation {
    /// The card was shown.
    Card = "card",
    Pin = "pin",
    Signature = "signature",
}
}
