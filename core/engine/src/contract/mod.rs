//! Contracts (D-CON-1…6) with customers: types, the eleven elements, their life with approvals and signing, supplements and
//! successors. Texts are sealed under a key of the contract's own, which the customer's key seals.

mod author;
mod changes;
pub(crate) mod custody;
mod document;
mod due;
mod follow;
mod kind;
mod milestone;
mod party;
mod print;
mod read;
mod rebate;
pub(crate) mod row;
mod sign;
mod steps;
mod template;
mod watch;
mod without;
mod write;
pub(crate) mod zone;

pub use changes::{ContractChanges, ContractDifference, DifferenceQuery};
pub use custody::{Custody, CustodyChange, Original, OriginalLoan};
pub use document::{
    Contract, ContractChange, ContractComment, ContractContent, ContractEvent, ContractListed, ContractNote,
    ContractQuery, ContractVersion, ContractVersions, Fulfilling, Milestone, MilestoneDone, MilestoneState,
    NewContract, Signing, Supplementing, Terminating,
};
pub(crate) use due::{bring_about, due, expire_approvals};
pub use kind::{ApprovalRule, ContractType, ContractTypeChange, NewContractType};
pub use party::OwnParty;
pub use print::ContractPrint;
pub use rebate::{ContractRebate, RebateQuery};
pub(crate) use row::{bound, erase, own, purpose};
pub(crate) use steps::decided;
pub use template::{ContractTemplate, ShippedForm, TemplateChange, TemplateWanted, shipped_forms};
pub(crate) use watch::{Coming, coming, milestones, remind};
pub use without::{WithoutContract, WithoutContractQuery};
