//! Contracts (D-CON-1…6): what stands in them, how they live, and what of them is due.

pub mod capitals;
pub mod custody;
pub mod dates;
pub mod difference;
pub mod elements;
pub mod filing;
pub mod life;
pub mod lines;
pub mod print;
pub mod rebate;
pub mod turnover;

pub use custody::{CustodyStep, OriginalState, StockOutcome};
pub use elements::{Element, Elements, Missing, Party, PartyField};
pub use life::{ContractState, ContractStep, Fulfilment, MilestoneKind};
pub use turnover::{MonthSales, RebateAgreement};

use crate::error::WrongField;
use crate::money::{LIMIT, Minor};

/// Amounts from which steps begin: none negative, each above the one before.
pub fn amount_faults(amounts: impl Iterator<Item = Minor>) -> Vec<WrongField> {
    let mut least = 0;
    let mut wrong = Vec::new();
    for (n, amount) in amounts.enumerate() {
        if (least..=LIMIT).contains(&amount) {
            least = amount + 1;
        } else {
            wrong.push(WrongField::new(
                format!("/{n}/from"),
                "起点金额不能为负，并须逐档递增",
                "The amounts from which steps begin can't be negative and must rise from step to step",
            ));
        }
    }
    wrong
}
