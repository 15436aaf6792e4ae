//! Records of a type as CSV, a page at a time, so that no length fills the memory.

use super::kind::RecordType;
use super::read::RecordQuery;
use crate::Engine;
use crate::actor::Actor;
use crate::identity::Action;
use crate::input::{Stored, Written};
use crate::look::{NewLook, mark};
use crate::sheet::cell;
use crate::store::Answer;
use cardea_domain::confidential::LookKind;
use cardea_domain::fields::{FieldDefinition, FieldKind};
use cardea_domain::id::RecordTypeId;
use cardea_domain::money::format_minor;
use cardea_domain::{Refusal, Text};
use serde_json::{Value, json};

/// Rows of one read.
const ROWS: u32 = 200;

/// Some lines of the file.
pub struct CsvPage {
    pub text: String,
    /// Give it back for the next lines; None after the last.
    pub next: Option<String>,
}

fn shown(field: &FieldDefinition, value: &Value, pick: fn(&Text) -> &str, minor_units: u32) -> String {
    let label = |code: &Value| {
        let known = field.choices.iter().find(|choice| *code == choice.code);
        known.map_or_else(String::new, |choice| pick(&choice.label).to_owned())
    };
    match (field.kind, value) {
        (FieldKind::Choice, code) => cell(&label(code)),
        (FieldKind::Choices, Value::Array(codes)) => cell(&codes.iter().map(label).collect::<Vec<_>>().join("、")),
        (FieldKind::Documents, Value::Object(held)) => {
            let copies = |code: &str| held.get(code).and_then(Value::as_u64).unwrap_or(0);
            let told = field.documents.iter().map(|document| {
                let name = pick(&document.label);
                format!("{name} {}/{}", copies(&document.code), document.copies)
            });
            cell(&told.collect::<Vec<_>>().join("、"))
        }
        (FieldKind::Years, Value::Object(figures)) => {
            let told = figures.iter().map(|(year, figure)| format!("{year}: {figure}"));
            cell(&told.collect::<Vec<_>>().join("、"))
        }
        (FieldKind::Money, value) => format_minor(value.as_i64().unwrap_or_default(), minor_units),
        (FieldKind::Decimal, value) => format_minor(value.as_i64().unwrap_or_default(), field.digits.unwrap_or(0)),
        (_, Value::String(text)) => cell(text),
        (_, value) => value.to_string(),
    }
}

impl Engine {
    /// Notes in the audit log and the access log that somebody takes records out; answers the type, and the mark that
    /// leads from the file back to who took it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn begin_record_export(
        &self,
        actor: &Actor,
        kind: RecordTypeId,
    ) -> Result<(RecordType, String), Refusal> {
        let found = self.one::<RecordType>(actor, kind)?;
        let names: Vec<String> = found.fields.iter().map(|field| field.name.clone()).collect();
        let work = move |tx: &mut crate::store::Tx<'_>| {
            let look = NewLook {
                kind: LookKind::Export,
                customer: None,
                subject: Some(kind.0),
                what: names.iter().map(String::as_str).collect(),
                why: None,
            };
            let look = look.write(tx, None)?;
            tx.audit(
                "record.export",
                kind.0,
                json!({ "type_id": kind, "look_id": look.id.0 }),
            );
            Answer::ok(&Stored::of(look.id))
        };
        let answered = self.transact(actor, None, "record.export", work).await?;
        let marked = Written::read(answered, |look| {
            self.read(actor.chain, |conn| mark(conn, actor.chain, look.into()))
        })?;
        Ok((found, marked.value))
    }

    /// The next lines: the newest declarations' labels first, with a mark that spreadsheets know UTF-8 by, then records,
    /// newest first, masked as on the pages; every line ends with the mark.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (cursor).
    pub fn record_csv(
        &self,
        actor: &Actor,
        (kind, mark): (&RecordType, &str),
        after: Option<String>,
        pick: fn(&Text) -> &str,
    ) -> Result<CsvPage, Refusal> {
        actor.scope(Action::RecordRead)?;
        let minor_units = self.chain(actor.chain)?.minor_units;
        let mut lines = Vec::new();
        if after.is_none() {
            let customer = Text::new("顾客", "Customer");
            let last = Text::new("导出标记", "Export");
            let fields = kind.fields.iter().map(|field| &field.label);
            let labels = std::iter::once(&customer).chain(fields).chain(std::iter::once(&last));
            let head: Vec<String> = labels.map(|label| cell(pick(label))).collect();
            lines.push(format!("\u{feff}{}", head.join(",")));
        }
        let query = RecordQuery {
            type_id: Some(kind.id),
            limit: Some(ROWS),
            after,
            ..RecordQuery::default()
        };
        let page = self.records(actor, &query)?;
        for record in &page.items {
            let value = |field: &FieldDefinition| match record.values.get(&field.name) {
                Some(written) => shown(field, &written.value, pick, minor_units),
                None => String::new(),
            };
            let customer = cell(pick(&record.customer));
            let ends = [customer, cell(mark)];
            let [first, last] = ends.map(std::iter::once);
            let cells: Vec<String> = first.chain(kind.fields.iter().map(value)).chain(last).collect();
            lines.push(cells.join(","));
        }
        let text = lines.into_iter().map(|line| line + "\r\n").collect();
        Ok(CsvPage { text, next: page.next })
    }
}
