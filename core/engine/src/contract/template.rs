//! Templates from which contracts of a type are printed (D-CON-2): versions that stay as they are.

use super::kind;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Written, check_version, field, not_found};
use crate::page::{Page, PageArgs};
use crate::resource::VersionedRow;
use crate::store::schema::contract_templates;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::contract::print::{PrintLanguage, ShippedTemplate, Template};
use cardea_domain::error::WrongField;
use cardea_domain::fields::FieldDefinition;
use cardea_domain::id::{ChainId, ContractTypeId, StaffId};
use cardea_domain::{Instant, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Longest template as JSON, in bytes.
const LONGEST: usize = 400_000;

/// A version of a type's template.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContractTemplate {
    /// From 1; 0: the type has none of its own, and the shipped general form holds.
    pub number: i32,
    pub template: Template,
    /// Who published it.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Instant>,
}

/// The next version of a type's template.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateChange {
    pub template: Template,
}

/// What is to be seen of a template.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateWanted {
    pub language: PrintLanguage,
    /// One that isn't published yet; absent: the latest.
    pub template: Option<Template>,
}

/// A template to begin with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShippedForm {
    pub name: ShippedTemplate,
    pub label: Text,
    pub template: Template,
    /// Fields that it prints, for a type of its own.
    pub fields: Vec<FieldDefinition>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = contract_templates)]
struct Row {
    chain_id: Id,
    type_id: Id,
    number: i32,
    document: String,
    staff_id: Option<Id>,
    created_at: i64,
}

impl Row {
    fn view(self) -> Result<ContractTemplate> {
        Ok(ContractTemplate {
            number: self.number,
            template: serde_json::from_str(&self.document)?,
            staff_id: self.staff_id.map(Id::typed),
            published_at: Some(Instant(self.created_at)),
        })
    }
}

fn general() -> ContractTemplate {
    ContractTemplate {
        number: 0,
        template: ShippedTemplate::Dealer.template(),
        staff_id: None,
        published_at: None,
    }
}

fn select(conn: &mut Conn, (chain, kind): (ChainId, Id), below: i32, limit: i64) -> Result<Vec<Row>> {
    let own = contract_templates::chain_id
        .eq(Id::from(chain))
        .and(contract_templates::type_id.eq(kind));
    Ok(each!(conn, c => contract_templates::table
        .select(Row::as_select())
        .filter(own.and(contract_templates::number.lt(below)))
        .order(contract_templates::number.desc())
        .limit(limit)
        .load(c)?))
}

/// The version that holds now.
fn latest(conn: &mut Conn, chain: ChainId, kind: Id) -> Result<ContractTemplate> {
    let newest = select(conn, (chain, kind), i32::MAX, 1)?.pop();
    newest.map_or_else(|| Ok(general()), Row::view)
}

/// What a contract is printed from: the version it was signed with, before that the latest.
pub(super) fn of(conn: &mut Conn, chain: ChainId, kind: Id, number: Option<i32>) -> Result<ContractTemplate> {
    let Some(number) = number else {
        return latest(conn, chain, kind);
    };
    let row = select(conn, (chain, kind), number.saturating_add(1), 1)?.pop();
    row.filter(|row| row.number == number).ok_or_else(not_found)?.view()
}

fn insert(tx: &mut Tx<'_>, kind: Id, number: i32, document: String) -> Result<()> {
    let row = Row {
        chain_id: tx.chain().into(),
        type_id: kind,
        number,
        document,
        staff_id: tx.actor().staff.map(Id::from),
        created_at: tx.business_now().0,
    };
    each!(tx.conn(), c => diesel::insert_into(contract_templates::table).values(&row).execute(c)?);
    Ok(())
}

/// The version that a contract signed now is printed from for ever. The shipped form may become another one: it is kept then.
pub(super) fn pin(tx: &mut Tx<'_>, kind: Id) -> Result<i32> {
    let chain = tx.chain();
    let holding = latest(tx.conn(), chain, kind)?;
    if holding.number > 0 {
        return Ok(holding.number);
    }
    let document = serde_json::to_string(&holding.template)?;
    insert(tx, kind, 1, document)?;
    tx.audit(
        "contract_type.template",
        kind.0,
        json!({ "number": 1, "shipped": ShippedTemplate::Dealer }),
    );
    Ok(1)
}

/// # Errors
/// `field_invalid` with everything at fault.
pub(super) fn checked(template: &Template, definitions: &[FieldDefinition]) -> Result<String, Refusal> {
    let names: Vec<&str> = definitions.iter().map(|field| field.name.as_str()).collect();
    if let Some(refusal) = WrongField::refusal("/template", template.faults(&names)) {
        return Err(refusal);
    }
    let document = serde_json::to_string(template).map_err(crate::Error::from)?;
    if document.len() > LONGEST {
        return Err(field(
            "/template",
            "模板太长，最多约 13 万个汉字",
            "The template is too long: at most 400 000 bytes",
        ));
    }
    Ok(document)
}

impl Engine {
    /// The template from which contracts of a type are printed until they're signed.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn contract_template(&self, actor: &Actor, id: ContractTypeId) -> Result<ContractTemplate, Refusal> {
        actor.scope(Action::ContractRead)?;
        Ok(self.read(actor.chain, |conn| {
            kind::Row::find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
            latest(conn, actor.chain, id.into())
        })?)
    }

    /// All versions of a type's template, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn contract_templates(
        &self,
        actor: &Actor,
        id: ContractTypeId,
        page: &PageArgs,
    ) -> Result<Page<ContractTemplate>, Refusal> {
        actor.scope(Action::ContractRead)?;
        let (limit, below) = (page.limit()?, page.after_number()?.unwrap_or(i32::MAX));
        let found = self.read(actor.chain, |conn| {
            kind::Row::find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
            let rows = select(conn, (actor.chain, id.into()), below, limit as i64 + 1)?;
            rows.into_iter().map(Row::view).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |template| template.number.to_string()))
    }

    /// Publishes the next version of a type's template. What was signed before is printed as it was.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `field_invalid`.
    pub async fn update_contract_template(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        (id, version): (ContractTypeId, i64),
        change: TemplateChange,
    ) -> Result<Written<ContractTemplate>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let kind = kind::Row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let document = checked(&change.template, &kind.definitions()?)?;
            let before = latest(tx.conn(), chain, id.into())?.number;
            check_version(i64::from(before), version)?;
            insert(tx, id.into(), before + 1, document)?;
            tx.audit("contract_type.template", id.0, json!({ "number": before + 1 }));
            Answer::ok(&json!({ "id": id }))
        };
        let answered = self.transact(actor, key, "contract_type.template", work).await?;
        Ok(Written {
            status: answered.status,
            replayed: answered.replayed,
            value: self.contract_template(actor, id)?,
        })
    }
}

/// Templates to begin with.
pub fn shipped_forms() -> Vec<ShippedForm> {
    let form = |name: &ShippedTemplate| ShippedForm {
        name: *name,
        label: name.label(),
        template: name.template(),
        fields: name.fields(),
    };
    ShippedTemplate::ALL.iter().map(form).collect()
}
