//! Types of records: their fields in versions, the columns of their list, the field that their board is grouped by.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, clearable, exists, field};
use crate::page::ListQuery;
use crate::resource::{Resource, counted, listed, versioned, wanted};
use crate::store::schema::record_types;
use crate::store::{Conn, Id, Tx};
use crate::{Engine, fields};
use cardea_domain::error::WrongField;
use cardea_domain::fields::{FieldDefinition, FieldKind, check_definitions};
use cardea_domain::id::RecordTypeId;
use cardea_domain::{Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

const MOST_COLUMNS: usize = 12;

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecordType {
    /// Unique in the chain.
    #[schema(example = "loan", pattern = r"^[A-Za-z0-9._\-]{1,32}$", max_length = 32)]
    pub code: String,
    pub name: Text,
    /// 1–100, in the order of the form.
    #[schema(min_items = 1, max_items = 100)]
    pub fields: Vec<FieldDefinition>,
    /// A field with one of several choices: the columns of the board.
    pub board_field: Option<String>,
    /// Names of the fields that the list shows, at most 12.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// Absent fields stay as they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordTypeChange {
    pub name: Option<Text>,
    /// All fields from now on: the next version. What was written under an older one stays and is shown under it.
    pub fields: Option<Vec<FieldDefinition>>,
    /// null: no board.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>)]
    pub board_field: Option<Option<String>>,
    pub columns: Option<Vec<String>>,
    /// false: archived. Its records stay, and there are no new ones.
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecordType {
    #[schema(value_type = Uuid)]
    pub id: RecordTypeId,
    pub code: String,
    pub name: Text,
    pub fields: Vec<FieldDefinition>,
    /// Version of `fields`.
    pub fields_version: i32,
    pub board_field: Option<String>,
    pub columns: Vec<String>,
    pub active: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = record_types, primary_key(chain_id, id), treat_none_as_null = true)]
pub struct Row {
    pub(super) chain_id: Id,
    pub(super) id: Id,
    code: String,
    name_zh: String,
    name_en: String,
    fields: String,
    pub(super) fields_version: i32,
    pub(super) board_field: Option<String>,
    list_columns: String,
    pub(super) active: bool,
    created_at: i64,
    version: i64,
}

versioned!(Row of record_types as "record_type", born created_at);

impl Row {
    /// The newest declarations.
    pub(super) fn definitions(&self) -> Result<Vec<FieldDefinition>> {
        Ok(serde_json::from_str(&self.fields)?)
    }

    pub(super) fn name(&self) -> Text {
        Text::new(&self.name_zh, &self.name_en)
    }

    /// Whether everything in it fits together.
    fn checked(self) -> Result<Self, Refusal> {
        let fields = self.definitions()?;
        if let Some(refusal) = WrongField::refusal("", check_definitions(&fields)) {
            return Err(refusal);
        }
        let of = |name: &str| fields.iter().find(|field| field.name == name);
        if let Some(name) = &self.board_field
            && of(name).is_none_or(|field| field.kind != FieldKind::Choice || field.when.is_some())
        {
            let (zh, en) = (
                "看板字段须是始终显示的单选字段",
                "A board is grouped by a field with one of several choices that is always asked for",
            );
            return Err(field("/board_field", zh, en));
        }
        let columns: Vec<String> = serde_json::from_str(&self.list_columns).map_err(crate::Error::from)?;
        if columns.len() > MOST_COLUMNS || columns.iter().any(|name| of(name).is_none()) {
            let (zh, en) = ("最多 12 列，都须是这里的字段", "At most 12, each a field of this type");
            return Err(field("/columns", zh, en));
        }
        Ok(self)
    }
}

fn written(value: &impl Serialize) -> Result<String, Refusal> {
    Ok(serde_json::to_string(value).map_err(crate::Error::from)?)
}

impl Resource for RecordType {
    type Row = Row;
    type New = NewRecordType;
    type Change = RecordTypeChange;
    type Filter = ListQuery;

    const READ: Action = Action::RecordRead;
    const WRITE: Action = Action::ConfigurationWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(_: &Engine, actor: &Actor, new: NewRecordType) -> Result<Row, Refusal> {
        let name = input::name_pair(&new.name, "/name")?;
        let row = Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            code: input::code(&new.code, "/code")?,
            name_zh: name.zh,
            name_en: name.en,
            fields: written(&new.fields)?,
            fields_version: 1,
            board_field: new.board_field,
            list_columns: written(&new.columns)?,
            active: true,
            created_at: 0,
            version: 1,
        };
        row.checked()
    }

    fn apply(row: &mut Row, change: &RecordTypeChange) -> Result<(), Refusal> {
        if let Some(name) = &change.name {
            let name = input::name_pair(name, "/name")?;
            (row.name_zh, row.name_en) = (name.zh, name.en);
        }
        if let Some(fields) = &change.fields {
            let fields = written(fields)?;
            row.fields_version += i32::from(fields != row.fields);
            row.fields = fields;
        }
        if let Some(board_field) = &change.board_field {
            row.board_field.clone_from(board_field);
        }
        if let Some(columns) = &change.columns {
            row.list_columns = written(columns)?;
        }
        row.active = change.active.unwrap_or(row.active);
        *row = row.clone().checked()?;
        Ok(())
    }

    /// The code is free; a new version of the fields is kept beside the old ones.
    fn check(tx: &mut Tx<'_>, row: &Row, before: Option<&Row>) -> Result<()> {
        let same = record_types::code.eq(&row.code);
        if before.is_none() && counted!(tx.conn(), record_types, row.chain_id, same) > 0 {
            return Err(exists("/code").into());
        }
        if before.is_none_or(|before| before.fields_version != row.fields_version) {
            fields::insert(tx, &row.id.text(), row.fields_version, &row.fields)?;
        }
        Ok(())
    }

    fn detail(row: &Row, _: Option<&Row>) -> Value {
        json!({ "code": row.code, "fields_version": row.fields_version, "active": row.active })
    }

    fn view(row: Row) -> Self {
        Self {
            id: row.id.typed(),
            fields: row.definitions().unwrap_or_default(),
            columns: serde_json::from_str(&row.list_columns).unwrap_or_default(),
            code: row.code,
            name: Text::new(row.name_zh, row.name_en),
            fields_version: row.fields_version,
            board_field: row.board_field,
            active: row.active,
            version: row.version,
        }
    }

    fn rows(conn: &mut Conn, actor: &Actor, filter: &ListQuery, after: Id, limit: i64) -> Result<Vec<Row>> {
        let active = wanted!(
            filter.active,
            record_types::active.eq(filter.active.unwrap_or_default())
        );
        Ok(listed!(conn, record_types: Row, actor.chain, after, limit, [active]))
    }
}
