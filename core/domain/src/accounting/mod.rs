//! What a chain answers for: what it owes its members and how old that is (D-LED-9), what its stores owe each other
//! (D-LED-10), and what members owe it (D-LED-11).

mod debt;
mod liability;
mod settlement;

pub use debt::{is_old, since};
pub use liability::{Ages, Cutoff, Flow, Flows};
pub use settlement::{Net, Pair, PriceFault, SettlementRules, TransferPrice, nets};
