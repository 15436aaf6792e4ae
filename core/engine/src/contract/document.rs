//! What is sent and answered about contracts.

use super::custody::{Custody, CustodyChange, Original};
use cardea_domain::contract::lines::{SubjectLine, Totals};
use cardea_domain::contract::{
    ContractState, ContractStep, Elements, Fulfilment, MilestoneKind, Missing, Party, RebateAgreement,
};
use cardea_domain::id::{ApprovalId, ContractId, ContractTypeId, CustomerId, FileId, StaffId, StoreId};
use cardea_domain::{Day, Instant, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What stands in a contract; what is frozen, approved and signed.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContractContent {
    #[schema(min_length = 1, max_length = 100)]
    pub title: String,
    /// By the elements' names, at most 4 000 characters each.
    #[schema(value_type = BTreeMap<String, String>)]
    pub elements: Elements,
    /// Goods with their prices.
    pub lines: Vec<SubjectLine>,
    /// Minor units, for a contract without lines; with lines it is what they come to.
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub amount: Option<i64>,
    /// Days by which something is to happen, at most 100.
    pub milestones: Vec<Milestone>,
    /// Rebates from recorded sales.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebate: Option<RebateAgreement>,
    /// Names of what belongs to it, in their order; at most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub annexes: Vec<String>,
    /// What differs from the chain's own party.
    pub own_party: Party,
    /// What differs from the archive, or isn't there.
    pub other_party: Party,
    /// Fields of its type by name.
    #[schema(value_type = Object)]
    pub values: Map<String, Value>,
    /// The version of the type's fields under which the values were written; the server's affair.
    pub fields_version: i32,
    /// Its first day.
    #[schema(value_type = Option<String>, format = Date)]
    pub starts_on: Option<Day>,
    /// Its last day; absent: until it is terminated.
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Day>,
}

/// What is to happen by a day; somebody is reminded 60, 30 and 7 days ahead once the contract is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    pub kind: MilestoneKind,
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    /// Minor units.
    #[schema(minimum = 0)]
    pub amount: Option<i64>,
    #[schema(max_length = 200)]
    pub text: Option<String>,
}

/// A milestone of a signed contract.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MilestoneState {
    /// Its place in the content, from 1.
    pub number: i32,
    pub kind: MilestoneKind,
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    /// Minor units.
    pub amount: Option<i64>,
    /// A supplement says otherwise.
    pub replaced: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub done_at: Option<Instant>,
}

/// A milestone has happened, or hasn't after all.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MilestoneDone {
    /// Its place in the content, from 1.
    pub number: i32,
    pub done: bool,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContract {
    #[schema(value_type = Uuid)]
    pub type_id: ContractTypeId,
    /// The other party.
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Whose contract it is, where somebody writes it for them; they can't approve it.
    #[schema(value_type = Option<Uuid>)]
    pub author_id: Option<StaffId>,
    #[serde(default)]
    pub content: ContractContent,
}

/// What stands in a draft from now on.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractChange {
    pub content: ContractContent,
}

/// A contract with all its texts. Who reads it is noted in the access log.
#[derive(Clone, Serialize, ToSchema)]
pub struct Contract {
    #[serde(flatten)]
    pub listed: ContractListed,
    pub content: ContractContent,
    /// Sums of the lines.
    pub totals: Totals,
    /// The amount in capitals, where the chain's currency has them: 壹仟零伍元整.
    pub amount_in_words: Option<String>,
    /// The chain as a party: as of signing, and before it as it is now.
    pub own_party: Party,
    /// The customer as a party, the same.
    pub other_party: Party,
    /// What its type demands and isn't there; blocks the request for approval.
    pub missing: Vec<Missing>,
    /// SHA-256 of its content, hexadecimal.
    pub hash: String,
    /// The version that the reader had seen before; null: none.
    pub seen_version: Option<i32>,
    /// From signing on.
    pub milestones: Vec<MilestoneState>,
    /// Numbered changes of a signed contract, oldest first.
    pub supplements: Vec<Supplement>,
    /// The contract that follows it, unless that came to nothing; null: none yet.
    #[schema(value_type = Option<Uuid>)]
    pub successor_id: Option<ContractId>,
    /// The supplement whose text holds now; null: its own.
    #[schema(value_type = Option<Uuid>)]
    pub text_in_force: Option<ContractId>,
    /// The request for approval that waits.
    #[schema(value_type = Option<Uuid>)]
    pub approval_id: Option<ApprovalId>,
    /// What can be done with it now.
    pub steps: Vec<ContractStep>,
    /// Who keeps the signed original; null: nobody was named.
    pub original: Option<Original>,
}

/// A supplement of a contract.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Supplement {
    #[schema(value_type = Uuid)]
    pub id: ContractId,
    pub number: i32,
    pub state: ContractState,
    #[schema(value_type = Option<String>, format = Date)]
    pub signed_on: Option<Day>,
}

/// A contract in a list: figures and dates, no texts but its title.
#[derive(Clone, Serialize, ToSchema)]
pub struct ContractListed {
    #[schema(value_type = Uuid)]
    pub id: ContractId,
    #[schema(value_type = Uuid)]
    pub type_id: ContractTypeId,
    pub type_name: Text,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Surname and form of address.
    pub customer: Text,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Option<Uuid>)]
    pub author_id: Option<StaffId>,
    /// Empty once the customer is erased.
    pub title: String,
    /// Filing number, from signing on.
    pub number: Option<String>,
    pub state: ContractState,
    pub fulfilment: Fulfilment,
    /// Minor units.
    pub amount: Option<i64>,
    #[schema(value_type = Option<String>, format = Date)]
    pub starts_on: Option<Day>,
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Day>,
    #[schema(value_type = Option<String>, format = Date)]
    pub signed_on: Option<Day>,
    /// The day on which it was terminated.
    #[schema(value_type = Option<String>, format = Date)]
    pub ended_on: Option<Day>,
    /// The contract that this one changes.
    #[schema(value_type = Option<Uuid>)]
    pub main_id: Option<ContractId>,
    /// How-manieth change of it.
    pub supplement: Option<i32>,
    /// The contract that this one follows.
    #[schema(value_type = Option<Uuid>)]
    pub predecessor_id: Option<ContractId>,
    /// The signed original as a file of the customer's.
    #[schema(value_type = Option<Uuid>)]
    pub scan_id: Option<FileId>,
    /// SHA-256 of that file, hexadecimal.
    pub scan_sha256: Option<String>,
    /// Rises with every change of the content.
    pub content_version: i32,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
    pub erased: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContractQuery {
    #[param(value_type = Option<Uuid>)]
    pub type_id: Option<ContractTypeId>,
    /// The other party.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    #[param(inline)]
    pub state: Option<ContractState>,
    /// How a filing number begins.
    pub number: Option<String>,
    /// Minor units: at least.
    pub amount_from: Option<i64>,
    /// Minor units: at most.
    pub amount_to: Option<i64>,
    /// Only those that end on this day or before.
    #[param(value_type = Option<String>, format = Date)]
    pub ends_by: Option<Day>,
    /// Two characters or more that stand in it.
    pub text: Option<String>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// What is to be said of a step.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractNote {
    #[schema(min_length = 1, max_length = 1000)]
    pub note: Option<String>,
}

/// A remark that stands in the contract's history.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractComment {
    #[schema(min_length = 1, max_length = 1000)]
    pub text: String,
}

/// Both parties have signed.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signing {
    #[schema(value_type = String, format = Date)]
    pub signed_on: Day,
    /// The signed original, attached to the customer before.
    #[schema(value_type = Uuid)]
    pub scan_id: FileId,
    /// Who keeps the original; absent: whoever notes this.
    pub custody: Option<Custody>,
}

/// A signed contract is ended before its term.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terminating {
    /// Its last day.
    #[schema(value_type = String, format = Date)]
    pub ends_on: Day,
    /// By which right: the clause, the law or both parties' will.
    #[schema(min_length = 1, max_length = 200)]
    pub right: String,
    #[schema(min_length = 1, max_length = 1000)]
    pub reason: String,
}

/// How much of it is done.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fulfilling {
    pub fulfilment: Fulfilment,
    #[schema(min_length = 1, max_length = 1000)]
    pub note: Option<String>,
}

/// A change of a signed contract, or its successor; begins as a draft with the present text.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Supplementing {
    /// Its first day; absent: of a supplement today, of a successor the day after the last.
    #[schema(value_type = Option<String>, format = Date)]
    pub starts_on: Option<Day>,
    /// Its last day; absent: of a supplement that of the contract, of a successor as long again.
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Day>,
}

/// What happened with a contract.
#[derive(Clone, Serialize, ToSchema)]
pub struct ContractEvent {
    pub id: Uuid,
    pub step: ContractStep,
    /// What it was afterwards.
    pub state: ContractState,
    pub content_version: i32,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub note: Option<String>,
    /// What it says of the signed original.
    pub custody: Option<CustodyChange>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

/// All versions of a contract's content.
#[derive(Clone, Serialize, ToSchema)]
pub struct ContractVersions {
    /// Newest first.
    pub items: Vec<ContractVersion>,
}

/// A version of a contract's content.
#[derive(Clone, Serialize, ToSchema)]
pub struct ContractVersion {
    pub number: i32,
    pub content: ContractContent,
    /// SHA-256 of the content, hexadecimal.
    pub hash: String,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}
