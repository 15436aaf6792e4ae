//! Accepted terms (D-CON-6): texts in versions that never change, sealed by their hash, and which member has accepted which,
//! when, how, and who noted it.

mod accept;
mod demand;
mod row;
mod text;

pub use accept::{Acceptance, Acceptances, Accepting, LackingAt};
pub(crate) use accept::{enrolment, lacking, own};
pub use demand::{TermsDemand, TermsRules};
pub use text::{NewTerms, TermsListed, TermsQuery, TermsVersion};
