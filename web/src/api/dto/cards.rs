//! Cards and their statements.

use super::common::{Balance, Entry, EntryKind, Text, Tier};
use crate::http::{Language, Problem};
use cardea_domain::id::{BillId, CardId, CustomerId, EntryId, LotId, MembershipId, ProgramId, StoreId};
use cardea_domain::{Code, Day, Instant, card};
use cardea_engine::command::{AddCard, Command, Issue};
use cardea_engine::query;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

mirror! {
/// Who may hold a card.
CardKind = card::CardKind {
    /// Named.
    Customer,
    Anonymous,
    /// For a person or event, with an end date.
    Temporary,
    Employee,
    Supplier,
}
}

mirror! {
CardState = card::CardState {
    Applied,
    Rejected,
    Active,
    Replaced,
    Returned,
    Void,
    Merged,
}
}

mirror! {
/// Why an active card doesn't work for now.
Block = card::Block {
    Loss,
    Frozen,
    Pin,
    Expired,
}
}

/// Opens a membership (`program_id` and `customer_id`), or adds a card to one (`membership_id`).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCard {
    #[schema(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    #[schema(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
    /// The issuing store.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub kind: CardKind,
}

/// A credential of a membership.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Card {
    #[schema(value_type = Uuid)]
    pub id: CardId,
    #[schema(example = "90000000000000")]
    pub number: String,
    pub kind: CardKind,
    pub state: CardState,
    /// Usable: active without a block.
    pub blocks: Vec<Block>,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub customer: Option<CardHolder>,
    pub tier: Tier,
    /// Last day on which it works, in the issuing store's zone.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    pub balances: Vec<Balance>,
    #[schema(value_type = Option<Uuid>)]
    pub replaced_by: Option<CardId>,
    /// The qualifying purchase's points; only in the answer to issuing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub entries: Vec<Entry>,
}

/// The holder as a till shows it.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct CardHolder {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    /// Surname and form of address, in the language of `Accept-Language`.
    #[serde(default)]
    #[schema(required = true, example = "王女士")]
    pub display: String,
    #[schema(example = "138****5678")]
    pub phone_masked: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardQuery {
    /// Card number, phone number, last four digits of either, or name.
    pub code: String,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Why an operation on a card is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardOperation {
    #[schema(example = "钱包丢失")]
    pub reason: String,
    /// By phone: the call-back questions were answered; `report-loss` by phone demands it.
    pub caller_verified: Option<bool>,
    /// The identity document was seen; `cancel-loss` demands it, `report-loss` at the counter says true or false.
    pub identity_checked: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardReplacement {
    #[schema(example = "补卡")]
    pub reason: String,
    /// The store that hands out the new card.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
}

/// A line of a card's statement: a movement of its membership.
#[derive(Serialize, ToSchema)]
pub struct StatementEntry {
    #[schema(value_type = Uuid)]
    pub id: EntryId,
    /// When it happened in the store.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub booked_at: Instant,
    #[schema(example = "points")]
    pub asset: String,
    /// Positive: to the member.
    pub amount: i64,
    pub kind: EntryKind,
    pub rule: String,
    pub explanation: Text,
    /// Version of the configuration that decided it.
    pub configuration_version: Option<i64>,
    /// SHA-256 of the component that decided it, hexadecimal.
    pub plugin_digest: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub sale_id: Option<BillId>,
    /// The exchange it belongs to, cancelled or not.
    #[schema(value_type = Option<Uuid>)]
    pub redemption_id: Option<BillId>,
    pub receipt: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// What it did to lots, oldest lot first; what filled a debt or became one moved none.
    pub lots: Vec<LotMove>,
}

/// What a movement did to a lot of points.
#[derive(Serialize, ToSchema)]
pub struct LotMove {
    #[schema(value_type = Uuid)]
    pub lot_id: LotId,
    /// Positive: into it.
    pub amount: i64,
    /// Last day on which the lot can be spent; null: as long as the membership.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
}

shown!(LotMove from query::LotMove { lot_id, amount, valid_through });

impl CardHolder {
    pub fn new(customer: query::CustomerBrief, language: Language) -> Self {
        Self {
            id: customer.id,
            display: language.pick(&customer.display).into(),
            phone_masked: customer.phone_masked,
        }
    }
}

impl Card {
    pub fn new(view: query::CardView, language: Language) -> Self {
        Self {
            id: view.id,
            number: view.number,
            kind: view.kind.into(),
            state: view.state.into(),
            blocks: view.blocks.into_iter().map(Into::into).collect(),
            membership_id: view.membership_id,
            program_id: view.program_id,
            store_id: view.store_id,
            customer: view.customer.map(|customer| CardHolder::new(customer, language)),
            tier: view.tier.into(),
            valid_through: view.valid_through,
            balances: view.balances.into_iter().map(Into::into).collect(),
            replaced_by: view.replaced_by,
            entries: Vec::new(),
        }
    }
}

impl NewCard {
    /// The command: a new membership, or another card of one.
    ///
    /// # Errors
    /// `field_invalid` unless exactly one of both is named.
    pub fn command(self) -> Result<Command, Problem> {
        let Self {
            program_id,
            customer_id,
            membership_id,
            store_id: store,
            kind,
        } = self;
        let kind = kind.into();
        match (program_id, customer_id, membership_id) {
            (Some(program), Some(customer), None) => Ok(Command::Issue(Issue {
                program,
                customer,
                store,
                kind,
                number: None,
                issued_at: None,
            })),
            (None, None, Some(membership)) => Ok(Command::AddCard(AddCard {
                membership,
                store,
                kind,
                number: None,
            })),
            _ => Err(Problem::new(
                Code::FieldInvalid,
                "请给出 program_id 和 customer_id（新会籍），或 membership_id（加卡）。",
                "Give program_id and customer_id (a new membership) or membership_id (another card of it).",
            )),
        }
    }
}

impl From<query::StatementEntry> for StatementEntry {
    fn from(entry: query::StatementEntry) -> Self {
        Self {
            id: entry.id,
            occurred_at: entry.occurred_at,
            booked_at: entry.booked_at,
            asset: entry.asset.0,
            amount: entry.amount,
            kind: entry.kind.into(),
            rule: entry.rule,
            explanation: entry.explanation,
            configuration_version: entry.configuration_version,
            plugin_digest: entry.plugin_digest,
            sale_id: entry.sale_id,
            redemption_id: entry.redemption_id,
            receipt: entry.receipt,
            store_id: entry.store_id,
            lots: entry.lots.into_iter().map(Into::into).collect(),
        }
    }
}
