//! A chain's own fields: declared in versions, each with all fields; the newest is what forms ask for, and every earlier
//! one stays, since values are shown under the version they were written in.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, field};
use crate::page::{Page, PageArgs};
use crate::sheet::Shown;
use crate::store::schema::field_versions;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::error::WrongField;
use cardea_domain::fields::{FieldDefinition, FieldKind, check_definitions};
use cardea_domain::id::{ChainId, StaffId};
use cardea_domain::money::format_minor;
use cardea_domain::{Code, Instant, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Whose fields: those on the cards of customers.
pub const CUSTOMER: &str = "customer";

/// Declarations of all fields from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFieldVersion {
    /// The version that this one follows, 0 for the first: somebody else may have published one meanwhile.
    #[schema(example = 0)]
    pub follows: i32,
    /// 1–100, in the order of the form. A field that is left out is asked for no longer; its values stay.
    #[schema(min_items = 1, max_items = 100)]
    pub fields: Vec<FieldDefinition>,
}

/// A version of the declarations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldVersion {
    /// From 1.
    pub version: i32,
    pub fields: Vec<FieldDefinition>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub created_by: Option<StaffId>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = field_versions)]
struct Row {
    version: i32,
    fields: String,
    created_at: i64,
    created_by: Option<Id>,
}

impl Row {
    fn view(self) -> Result<FieldVersion> {
        Ok(FieldVersion {
            version: self.version,
            fields: serde_json::from_str(&self.fields)?,
            created_at: Instant(self.created_at),
            created_by: self.created_by.map(Id::typed),
        })
    }
}

/// The newest versions below `before`, newest first.
fn newest(conn: &mut Conn, chain: ChainId, subject: &str, before: i32, limit: i64) -> Result<Vec<FieldVersion>> {
    let rows: Vec<Row> = each!(conn, c => field_versions::table
        .select(Row::as_select())
        .filter(field_versions::chain_id.eq(Id::from(chain)).and(field_versions::subject.eq(subject)))
        .filter(field_versions::version.lt(before))
        .order(field_versions::version.desc())
        .limit(limit)
        .load(c)?);
    rows.into_iter().map(Row::view).collect()
}

/// The newest version's number and fields; 0 and none where nothing is declared.
pub(crate) fn current(conn: &mut Conn, chain: ChainId, subject: &str) -> Result<(i32, Vec<FieldDefinition>)> {
    let newest = newest(conn, chain, subject, i32::MAX, 1)?.pop();
    Ok(newest.map_or((0, Vec::new()), |newest| (newest.version, newest.fields)))
}

/// Some versions' fields, by number.
pub(crate) fn versions(
    conn: &mut Conn,
    chain: ChainId,
    subject: &str,
    numbers: &[i32],
) -> Result<BTreeMap<i32, Vec<FieldDefinition>>> {
    if numbers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<Row> = each!(conn, c => field_versions::table
        .select(Row::as_select())
        .filter(field_versions::chain_id.eq(Id::from(chain)).and(field_versions::subject.eq(subject)))
        .filter(field_versions::version.eq_any(numbers))
        .load(c)?);
    let views = rows.into_iter().map(Row::view);
    views.map(|view| view.map(|view| (view.version, view.fields))).collect()
}

/// All versions' fields, by number.
pub(crate) fn all(conn: &mut Conn, chain: ChainId, subject: &str) -> Result<BTreeMap<i32, Vec<FieldDefinition>>> {
    let all = newest(conn, chain, subject, i32::MAX, i64::MAX)?;
    Ok(all.into_iter().map(|one| (one.version, one.fields)).collect())
}

/// Adds a version; `fields` are checked and in JSON.
pub(crate) fn insert(tx: &mut Tx<'_>, subject: &str, version: i32, fields: &str) -> Result<()> {
    let created_by = tx.actor().staff.map(Id::from);
    let row = (
        field_versions::chain_id.eq(Id::from(tx.chain())),
        field_versions::subject.eq(subject),
        field_versions::version.eq(version),
        field_versions::fields.eq(fields),
        (
            field_versions::created_by.eq(created_by),
            field_versions::created_at.eq(tx.now().0),
        ),
    );
    each!(tx.conn(), c => diesel::insert_into(field_versions::table).values(row).execute(c)?);
    Ok(())
}

/// A value of a declared field, as a table shows it.
pub(crate) fn shown(field: &FieldDefinition, value: &Value, (pick, minor_units): (fn(&Text) -> &str, u32)) -> Shown {
    let label = |code: &Value| {
        let known = field.choices.iter().find(|choice| *code == choice.code);
        known.map_or_else(String::new, |choice| pick(&choice.label).to_owned())
    };
    match (field.kind, value) {
        (_, Value::Null) => Shown::Nothing,
        (FieldKind::Choice, code) => label(code).into(),
        (FieldKind::Choices, Value::Array(codes)) => Shown::List(codes.iter().map(label).collect()),
        (FieldKind::Documents, Value::Object(held)) => {
            let copies = |code: &str| held.get(code).and_then(Value::as_u64).unwrap_or(0);
            let told = field.documents.iter().map(|document| {
                let name = pick(&document.label);
                format!("{name} {}/{}", copies(&document.code), document.copies)
            });
            Shown::List(told.collect())
        }
        (FieldKind::Years, Value::Object(figures)) => {
            let told = figures.iter().map(|(year, figure)| format!("{year}: {figure}"));
            Shown::List(told.collect())
        }
        (FieldKind::Money, value) => format_minor(value.as_i64().unwrap_or_default(), minor_units).into(),
        (FieldKind::Decimal, value) => {
            format_minor(value.as_i64().unwrap_or_default(), field.digits.unwrap_or(0)).into()
        }
        (_, Value::String(text)) => text.clone().into(),
        (_, value) => value.to_string().into(),
    }
}

impl Engine {
    /// Publishes the next version of the fields on customers' cards.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` with everything at fault; `version_conflict` if it doesn't follow the newest.
    pub async fn publish_customer_fields(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewFieldVersion,
    ) -> Result<Written<FieldVersion>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        if let Some(refusal) = WrongField::refusal("", check_definitions(&new.fields)) {
            return Err(refusal);
        }
        let fields = serde_json::to_string(&new.fields).map_err(crate::Error::from)?;
        let answered = self
            .transact(actor, key, "customer_fields.publish", move |tx| {
                let chain = tx.chain();
                let (last, _) = current(tx.conn(), chain, CUSTOMER)?;
                if last != new.follows {
                    let (zh, en) = (
                        "已有更新的版本，请刷新后重试",
                        "There is a newer version; read it and try again",
                    );
                    return Err(Refusal::new(Code::VersionConflict, zh, en).at("/follows").into());
                }
                let version = last + 1;
                insert(tx, CUSTOMER, version, &fields)?;
                tx.audit(
                    "customer_fields.publish",
                    None,
                    json!({ "version": version, "fields": new.fields.len() }),
                );
                tx.publish("customer_fields.published", json!({ "version": version }));
                Answer::created(&Stored::of(uuid::Uuid::from_u128(version.unsigned_abs().into())))
            })
            .await?;
        Written::read(answered, |id| {
            let version = i32::try_from(id.as_u128()).unwrap_or_default();
            let found = self.read(actor.chain, |conn| newest(conn, actor.chain, CUSTOMER, version + 1, 1))?;
            found.into_iter().next().ok_or_else(|| crate::input::not_found().into())
        })
    }

    /// Versions of the fields on customers' cards, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn customer_fields(&self, actor: &Actor, page: &PageArgs) -> Result<Page<FieldVersion>, Refusal> {
        actor.scope(Action::CustomerLookup)?;
        self.field_versions(actor.chain, CUSTOMER, page)
    }

    /// A subject's versions, newest first. Checks no permission.
    pub(crate) fn field_versions(
        &self,
        chain: ChainId,
        subject: &str,
        page: &PageArgs,
    ) -> Result<Page<FieldVersion>, Refusal> {
        let limit = page.limit()?;
        let before = match page.after.as_deref().map(str::parse) {
            None => i32::MAX,
            Some(Ok(number)) => number,
            Some(Err(_)) => return Err(field("/after", "after 不是有效的游标", "after isn't a cursor")),
        };
        let found = self.read(chain, |conn| newest(conn, chain, subject, before, limit as i64 + 1))?;
        Ok(Page::cut(found, limit, |one| one.version.to_string()))
    }
}
