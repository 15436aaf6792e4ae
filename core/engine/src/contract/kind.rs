//! Types of contracts: what has to stand in them, fields of their own, and who has to agree to which amount.

use crate::actor::{Actor, Role};
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, exists, field, or_default};
use crate::page::ListQuery;
use crate::resource::{Resource, counted, listed, versioned, wanted};
use crate::store::schema::contract_types;
use crate::store::{Conn, Id, Tx};
use crate::{Engine, fields};
use cardea_domain::contract::{Element, PartyField, amount_faults, filing};
use cardea_domain::error::WrongField;
use cardea_domain::fields::{FieldDefinition, check_definitions};
use cardea_domain::id::ContractTypeId;
use cardea_domain::{Refusal, Text};
use diesel::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who has to agree from an amount on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// Minor units; the rule with the highest `from` that the amount reaches holds. A contract without an amount needs
    /// what the highest needs.
    #[schema(minimum = 0)]
    pub from: i64,
    /// One or two steps; each names the roles of which one has to agree.
    #[schema(min_items = 1, max_items = 2)]
    pub steps: Vec<Vec<Role>>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContractType {
    /// Unique in the chain.
    #[schema(example = "dealer", pattern = r"^[A-Za-z0-9._\-]{1,32}$", max_length = 32)]
    pub code: String,
    pub name: Text,
    /// In filing numbers: 1–10 capital letters and digits, a letter first.
    #[schema(example = "JX", pattern = r"^[A-Z][A-Z0-9]{0,9}$")]
    pub category: String,
    /// Elements without which nobody is asked to approve.
    #[serde(default, deserialize_with = "or_default")]
    pub required: Vec<Element>,
    /// What has to be known of both parties.
    #[serde(default, deserialize_with = "or_default")]
    pub party_fields: Vec<PartyField>,
    /// Fields of its own, at most 100.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<FieldDefinition>,
    /// Absent: one step, by a manager, finance or HQ.
    #[serde(default, deserialize_with = "or_default")]
    pub approvals: Vec<ApprovalRule>,
}

/// Absent fields stay as they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractTypeChange {
    pub name: Option<Text>,
    pub required: Option<Vec<Element>>,
    pub party_fields: Option<Vec<PartyField>>,
    /// All fields from now on: the next version.
    pub fields: Option<Vec<FieldDefinition>>,
    /// Requests that wait already keep the steps they were made with.
    pub approvals: Option<Vec<ApprovalRule>>,
    /// false: archived. Its contracts stay, and there are no new ones.
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContractType {
    #[schema(value_type = Uuid)]
    pub id: ContractTypeId,
    pub code: String,
    pub name: Text,
    pub category: String,
    pub required: Vec<Element>,
    pub party_fields: Vec<PartyField>,
    pub fields: Vec<FieldDefinition>,
    /// Version of `fields`.
    pub fields_version: i32,
    pub approvals: Vec<ApprovalRule>,
    pub active: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contract_types, primary_key(chain_id, id), treat_none_as_null = true)]
pub struct Row {
    pub(super) chain_id: Id,
    pub(super) id: Id,
    code: String,
    name_zh: String,
    name_en: String,
    pub(super) category: String,
    required: String,
    party_fields: String,
    fields: String,
    pub(super) fields_version: i32,
    approvals: String,
    pub(super) active: bool,
    created_at: i64,
    version: i64,
}

versioned!(Row of contract_types as "contract_type", born created_at);

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    Ok(serde_json::from_str(text)?)
}

fn written(value: &impl Serialize) -> Result<String, Refusal> {
    Ok(serde_json::to_string(value).map_err(crate::Error::from)?)
}

impl Row {
    pub(super) fn name(&self) -> Text {
        Text::new(&self.name_zh, &self.name_en)
    }

    pub(super) fn definitions(&self) -> Result<Vec<FieldDefinition>> {
        parsed(&self.fields)
    }

    pub(super) fn required(&self) -> Result<(Vec<Element>, Vec<PartyField>)> {
        Ok((parsed(&self.required)?, parsed(&self.party_fields)?))
    }

    /// Who has to agree to an amount, step by step.
    pub(super) fn steps(&self, amount: Option<i64>) -> Result<Vec<Vec<Role>>> {
        let rules: Vec<ApprovalRule> = parsed(&self.approvals)?;
        let reached = rules
            .into_iter()
            .filter(|rule| amount.is_none_or(|amount| rule.from <= amount.abs()));
        let rule = reached.max_by_key(|rule| rule.from);
        let usual = || vec![vec![Role::StoreManager, Role::Finance, Role::HqAdmin]];
        Ok(rule.map_or_else(usual, |rule| rule.steps))
    }

    fn checked(self) -> Result<Self, Refusal> {
        let definitions = self.definitions()?;
        // Most types have no fields of their own.
        let wrong = if definitions.is_empty() {
            Vec::new()
        } else {
            check_definitions(&definitions)
        };
        if let Some(refusal) = WrongField::refusal("", wrong) {
            return Err(refusal);
        }
        let rules: Vec<ApprovalRule> = parsed(&self.approvals)?;
        let wrong = amount_faults(rules.iter().map(|rule| rule.from));
        if let Some(refusal) = WrongField::refusal("/approvals", wrong) {
            return Err(refusal);
        }
        for (at, rule) in rules.iter().enumerate() {
            let pointer = format!("/approvals/{at}");
            let may = |role: &Role| role.grant(Action::ApprovalDecide).is_some();
            let wrong = |roles: &Vec<Role>| roles.is_empty() || !roles.iter().all(may);
            if !(1..=2).contains(&rule.steps.len()) || rule.steps.iter().any(wrong) {
                let (zh, en) = (
                    "须有一步或两步，每步至少一个可以审批的岗位：店长、财务、总部",
                    "One or two steps, each with roles that may approve: managers, finance, HQ",
                );
                return Err(field(&format!("{pointer}/steps"), zh, en));
            }
        }
        Ok(self)
    }
}

fn category(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let fault = filing::category_fault(text, "/category");
    WrongField::refusal("", fault.into_iter().collect()).map_or_else(|| Ok(text.to_owned()), Err)
}

impl Resource for ContractType {
    type Row = Row;
    type New = NewContractType;
    type Change = ContractTypeChange;
    type Filter = ListQuery;

    const READ: Action = Action::ContractRead;
    const WRITE: Action = Action::ConfigurationWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(_: &Engine, actor: &Actor, new: NewContractType) -> Result<Row, Refusal> {
        let name = input::name_pair(&new.name, "/name")?;
        let row = Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            code: input::code(&new.code, "/code")?,
            name_zh: name.zh,
            name_en: name.en,
            category: category(&new.category)?,
            required: written(&new.required)?,
            party_fields: written(&new.party_fields)?,
            fields: written(&new.fields)?,
            fields_version: 1,
            approvals: written(&new.approvals)?,
            active: true,
            created_at: 0,
            version: 1,
        };
        row.checked()
    }

    fn apply(row: &mut Row, change: &ContractTypeChange) -> Result<(), Refusal> {
        if let Some(name) = &change.name {
            let name = input::name_pair(name, "/name")?;
            (row.name_zh, row.name_en) = (name.zh, name.en);
        }
        if let Some(required) = &change.required {
            row.required = written(required)?;
        }
        if let Some(party_fields) = &change.party_fields {
            row.party_fields = written(party_fields)?;
        }
        if let Some(fields) = &change.fields {
            let fields = written(fields)?;
            row.fields_version += i32::from(fields != row.fields);
            row.fields = fields;
        }
        if let Some(approvals) = &change.approvals {
            row.approvals = written(approvals)?;
        }
        row.active = change.active.unwrap_or(row.active);
        *row = row.clone().checked()?;
        Ok(())
    }

    fn check(tx: &mut Tx<'_>, row: &Row, before: Option<&Row>) -> Result<()> {
        let same = contract_types::code.eq(&row.code);
        if before.is_none() && counted!(tx.conn(), contract_types, row.chain_id, same) > 0 {
            return Err(exists("/code").into());
        }
        if before.is_none_or(|before| before.fields_version != row.fields_version) {
            fields::insert(tx, &row.id.text(), row.fields_version, &row.fields)?;
        }
        Ok(())
    }

    fn detail(row: &Row, _: Option<&Row>) -> Value {
        let approvals: Value = serde_json::from_str(&row.approvals).unwrap_or_default();
        json!({
            "code": row.code, "category": row.category, "fields_version": row.fields_version, "approvals": approvals,
            "active": row.active,
        })
    }

    fn view(row: Row) -> Self {
        let (required, party_fields) = row.required().unwrap_or_default();
        Self {
            id: row.id.typed(),
            fields: row.definitions().unwrap_or_default(),
            approvals: parsed(&row.approvals).unwrap_or_default(),
            required,
            party_fields,
            code: row.code,
            name: Text::new(row.name_zh, row.name_en),
            category: row.category,
            fields_version: row.fields_version,
            active: row.active,
            version: row.version,
        }
    }

    fn rows(conn: &mut Conn, actor: &Actor, filter: &ListQuery, after: Id, limit: i64) -> Result<Vec<Row>> {
        let active = wanted!(
            filter.active,
            contract_types::active.eq(filter.active.unwrap_or_default())
        );
        Ok(listed!(conn, contract_types: Row, actor.chain, after, limit, [active]))
    }
}
