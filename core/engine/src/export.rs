//! Customers, records and contracts as files (D-ARC-13): written a page at a time, marked, and noted in the access log. Customers in
//! full carry the headers under which an import reads them.

mod accounting;
mod contracts;

use crate::actor::Actor;
use crate::approval::{self, ApprovalKind, Guarded};
use crate::archive::card::Card;
use crate::archive::row::{self, CustomerRow};
use crate::archive::{FormOfAddress, card_row, mask_birthday, mask_identity, mask_phone, search};
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{Stored, Written, field};
use crate::intake;
use crate::keys::ChainKeys;
use crate::look::{NewLook, Why, mark};
use crate::page::PageArgs;
use crate::record::RecordType;
use crate::sheet::{Column, SheetFile, Shown};
use crate::store::schema::{staff, stores};
use crate::store::{Answer, Conn, Id, Tx};
use crate::{Engine, each, fields};
use cardea_domain::confidential::{LookKind, Purpose};
use cardea_domain::fields::FieldDefinition;
use cardea_domain::id::{ChainId, CustomerId, RecordTypeId};
use cardea_domain::lunar::LunarDay;
use cardea_domain::{Refusal, Text};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use utoipa::IntoParams;
use uuid::Uuid;

pub use crate::sheet::SheetFormat;
pub use accounting::{DebtExportQuery, LiabilityExportQuery, MovementExportQuery, SettlementExportQuery};
pub use contracts::ContractExportQuery;

/// Customers of one read.
const ROWS: usize = 200;
/// Basic targets of an import, with which columns begin; without leave, no others.
const BASIC: usize = 12;

/// How a file is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `csv` if absent.
    #[serde(default)]
    #[param(value_type = Option<SheetFormat>)]
    pub format: SheetFormat,
}

/// How a file of customers is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CustomerExportQuery {
    /// `csv` if absent.
    #[serde(default)]
    #[param(value_type = Option<SheetFormat>)]
    pub format: SheetFormat,
    /// true: nothing masked, with the card; needs `customer.export` and a purpose.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    pub full: bool,
    /// What for; not `other`.
    pub purpose: Option<Purpose>,
}

/// What is written.
enum What {
    Customers(Box<Customers>),
    Records(Box<RecordType>),
    Contracts(Box<contracts::Contracts>),
    Figures(accounting::Figures),
}

impl What {
    /// Whether it holds personal data that the pages mask.
    fn is_personal(&self) -> bool {
        match self {
            What::Customers(customers) => customers.full,
            What::Records(_) => true,
            What::Contracts(_) | What::Figures(_) => false,
        }
    }

    /// In the audit log.
    fn action(&self) -> &'static str {
        match self {
            What::Customers(_) => "customer.export",
            What::Records(_) => "record.export",
            What::Contracts(_) => "contract.export",
            What::Figures(_) => "accounting.export",
        }
    }
}

struct Customers {
    full: bool,
    scope: StoreScope,
    own: Vec<FieldDefinition>,
    /// Names of columns, as an import has them.
    targets: Vec<String>,
    stores: HashMap<Id, String>,
    staff: HashMap<Id, String>,
}

/// A file on its way out.
pub struct Export {
    actor: Actor,
    what: What,
    pick: fn(&Text) -> &str,
    mark: String,
    after: Option<String>,
    file: Option<SheetFile>,
}

impl Export {
    /// What the file is called, without its ending.
    pub fn name(&self) -> &str {
        match &self.what {
            What::Customers(_) => "customers",
            What::Records(kind) => &kind.code,
            What::Contracts(_) => "contracts",
            What::Figures(figures) => figures.name,
        }
    }
}

/// Codes of stores and names of log-ins, by id.
fn codes(conn: &mut Conn, chain: ChainId) -> Result<(HashMap<Id, String>, HashMap<Id, String>)> {
    let chain = Id::from(chain);
    let stores: Vec<(Id, String)> = each!(conn, c => stores::table
        .select((stores::id, stores::code))
        .filter(stores::chain_id.eq(chain))
        .load(c)?);
    let staff: Vec<(Id, String)> = each!(conn, c => staff::table
        .select((staff::id, staff::user_name))
        .filter(staff::chain_id.eq(chain))
        .load(c)?);
    Ok((stores.into_iter().collect(), staff.into_iter().collect()))
}

/// Where the chain wants others to agree first.
fn hold(tx: &mut Tx<'_>, request: Value) -> Result<Option<Answer>> {
    let subject = tx.actor().staff.map_or(Uuid::nil(), |staff| staff.0);
    let summary = Text::new("导出个人资料", "Personal data as a file");
    let guarded = Guarded {
        kind: ApprovalKind::Export,
        subject,
        request,
        summary,
    };
    approval::permit(tx, guarded)
}

fn note(
    tx: &mut Tx<'_>,
    (action, subject): (&'static str, Option<Uuid>),
    what: &[String],
    why: Option<&Why>,
) -> Result<Answer> {
    let look = NewLook {
        kind: LookKind::Export,
        customer: None,
        subject,
        what: what.iter().map(String::as_str).collect(),
        why,
    };
    let look = look.write(tx, None)?;
    tx.audit(action, look.id.0, json!({ "subject": subject, "look_id": look.id.0 }));
    Answer::ok(&Stored::of(look.id))
}

impl Engine {
    /// Begins a file of the customers of one's stores, and notes who takes it away.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` where customers in full lack a purpose.
    pub async fn begin_customer_export(
        &self,
        actor: &Actor,
        query: &CustomerExportQuery,
        pick: fn(&Text) -> &str,
    ) -> Result<Export, Refusal> {
        let scope = actor.scope(if query.full {
            Action::CustomerExport
        } else {
            Action::CustomerRead
        })?;
        let purpose = query.purpose.filter(|purpose| *purpose != Purpose::Other);
        if query.full && purpose.is_none() {
            return Err(field("/purpose", "请说明用途", "Say what for"));
        }
        let chain = actor.chain;
        let (own, (stores, staff)) = self.read(chain, |conn| {
            Ok((fields::current(conn, chain, fields::CUSTOMER)?.1, codes(conn, chain)?))
        })?;
        let mut targets = intake::targets(&own, intake::Of::Customers);
        if !query.full {
            targets.truncate(BASIC);
        }
        let customers = Customers {
            full: query.full,
            scope,
            stores,
            staff,
            targets: targets.iter().map(|target| target.name.clone()).collect(),
            own,
        };
        let why = purpose.map(|purpose| Why { purpose, note: None });
        let columns = targets.into_iter().map(|target| (target.name, target.label)).collect();
        let what = What::Customers(Box::new(customers));
        self.begin_export(actor, (what, query.format), (columns, why), pick)
            .await
    }

    /// Begins a file of a type's records, and notes who takes it away.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn begin_record_export(
        &self,
        actor: &Actor,
        kind: RecordTypeId,
        query: &ExportQuery,
        pick: fn(&Text) -> &str,
    ) -> Result<Export, Refusal> {
        let kind = self.one::<RecordType>(actor, kind)?;
        let customer = ("customer".to_owned(), Text::new("顾客", "Customer"));
        let fields = kind
            .fields
            .iter()
            .map(|field| (field.name.clone(), field.label.clone()));
        let columns = std::iter::once(customer).chain(fields).collect();
        let what = What::Records(Box::new(kind));
        self.begin_export(actor, (what, query.format), (columns, None), pick)
            .await
    }

    async fn begin_export(
        &self,
        actor: &Actor,
        (what, format): (What, SheetFormat),
        (columns, why): (Vec<(String, Text)>, Option<Why>),
        pick: fn(&Text) -> &str,
    ) -> Result<Export, Refusal> {
        let subject = match &what {
            What::Customers(_) | What::Contracts(_) | What::Figures(_) => None,
            What::Records(kind) => Some(kind.id.0),
        };
        let (action, personal) = (what.action(), what.is_personal());
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let purpose = why.as_ref().map(|why| why.purpose);
        let request =
            json!({ "of": action, "subject_id": subject, "columns": names, "format": format, "purpose": purpose });
        let work = move |tx: &mut Tx<'_>| {
            if personal && let Some(waits) = hold(tx, request.clone())? {
                return Ok(waits);
            }
            note(tx, (action, subject), &names, why.as_ref())
        };
        let answered = self.transact(actor, None, "export", work).await?;
        let marked = Written::read(answered, |look| {
            self.read(actor.chain, |conn| mark(conn, actor.chain, look.into()))
        })?;
        let last = ("export".to_owned(), Text::new("导出标记", "Export"));
        let titled = columns.into_iter().chain([last]).map(|(name, label)| Column {
            name,
            label: pick(&label).to_owned(),
        });
        Ok(Export {
            actor: actor.clone(),
            what,
            pick,
            mark: marked.value,
            after: None,
            file: Some(SheetFile::begin(format, titled.collect())?),
        })
    }

    /// The next bytes of a file, masked as on the pages unless it was begun in full; every line ends with the mark. None
    /// after its end.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn go_on_with_export(&self, export: &mut Export) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(mut file) = export.file.take() else {
            return Ok(None);
        };
        let (rows, next) = match &mut export.what {
            What::Figures(figures) => (std::mem::take(&mut figures.rows), None),
            _ => self.rows_shown(export)?,
        };
        for mut row in rows {
            row.push(export.mark.clone().into());
            file.row(&row)?;
        }
        if next.is_none() {
            return Ok(Some(file.end()?));
        }
        let bytes = file.take();
        (export.after, export.file) = (next, Some(file));
        Ok(Some(bytes))
    }

    /// Some lines of what is read as it is written, and where it goes on.
    fn rows_shown(&self, export: &mut Export) -> Result<(Vec<Vec<Shown>>, Option<String>)> {
        let after = export.after.take();
        Ok(match &export.what {
            What::Customers(customers) => self.customers_shown(export, customers, after)?,
            What::Records(kind) => self.record_rows(&export.actor, kind, after, export.pick)?,
            What::Contracts(contracts) => self.contract_rows(export, contracts, after)?,
            What::Figures(_) => (Vec::new(), None),
        })
    }

    fn customers_shown(
        &self,
        export: &Export,
        of: &Customers,
        after: Option<String>,
    ) -> Result<(Vec<Vec<Shown>>, Option<String>)> {
        let (chain, keys) = (export.actor.chain, self.keys().chain(export.actor.chain));
        let minor_units = self.chain(chain)?.minor_units;
        let after = PageArgs::new(None, after.as_deref()).after_id()?.map(CustomerId);
        self.read(chain, |conn| {
            let ids = search::find(conn, &keys, (chain, &search::Only::of(&of.scope)), None, after, ROWS)?;
            let next = ids.last().filter(|_| ids.len() == ROWS).map(ToString::to_string);
            let rows = row::load(conn, chain, &ids)?;
            let shown = rows.into_iter().rev().filter(|row| !row.is_erased());
            let shown = shown.map(|row| of.shown(conn, &keys, &row, (export.pick, minor_units)));
            Ok((shown.collect::<Result<_>>()?, next))
        })
    }
}

impl Customers {
    fn shown(
        &self,
        conn: &mut Conn,
        keys: &ChainKeys,
        row: &CustomerRow,
        how: (fn(&Text) -> &str, u32),
    ) -> Result<Vec<Shown>> {
        let contact = row.contact(keys)?;
        let card: Option<Card> = if self.full {
            card_row::load(conn, keys, row)?
        } else {
            None
        };
        let card = card.map(serde_json::to_value).transpose()?.unwrap_or_default();
        let text = |text: Option<String>| Shown::from(text.unwrap_or_default());
        let said = |zh: &str, en: &str| Shown::Text((how.0)(&Text::new(zh, en)).to_owned());
        let flag = |flag: bool| if flag { said("是", "yes") } else { said("否", "no") };
        let named = |names: &HashMap<Id, String>, id: Option<Id>| text(id.and_then(|id| names.get(&id).cloned()));
        let cell = |target: &String| match target.as_str() {
            "name" => row.name.clone().into(),
            "form_of_address" => match row.form_of_address.0 {
                FormOfAddress::Mr => said("先生", "Mr"),
                FormOfAddress::Ms => said("女士", "Ms"),
                FormOfAddress::None => Shown::Nothing,
            },
            "phone" => {
                let shown = |phone: &String| if self.full { phone.clone() } else { mask_phone(phone) };
                Shown::List(contact.phones.iter().map(shown).collect())
            }
            "birthday" => text(
                contact
                    .birthday
                    .map(|day| if self.full { day.to_string() } else { mask_birthday(day) }),
            ),
            "birthday_calendar" => match contact.lunar_birthday() {
                Some(_) => said("农历", "lunar"),
                None => Shown::Nothing,
            },
            "lunar_birthday" => {
                let shown = |day: LunarDay| if self.full { day.to_string() } else { day.zh() };
                text(contact.lunar_birthday().map(shown))
            }
            "identity_number" => {
                let number = contact.identity_number.as_deref();
                text(number.map(|number| {
                    if self.full {
                        number.to_owned()
                    } else {
                        mask_identity(number)
                    }
                }))
            }
            "external_ref" => text(row.external_ref.clone()),
            "store" => named(&self.stores, Some(row.store_id)),
            "consultant" => named(&self.staff, row.consultant_id),
            "consent.marketing" => flag(row.consent_marketing),
            "consent.privacy" => flag(row.consent_privacy),
            other => self.of_card(&card, other, how),
        };
        Ok(self.targets.iter().map(cell).collect())
    }

    /// `card.contact.mail` or `own.skin`.
    fn of_card(&self, card: &Value, target: &str, how: (fn(&Text) -> &str, u32)) -> Shown {
        let mut parts = target.split('.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("card"), Some(group), Some(name)) => match &card[group][name] {
                Value::String(text) => text.clone().into(),
                Value::Array(items) => Shown::List(items.iter().filter_map(Value::as_str).map(Into::into).collect()),
                _ => Shown::Nothing,
            },
            (Some("own"), Some(name), None) => {
                let field = self.own.iter().find(|field| field.name == name);
                let value = &card["own"][name]["value"];
                field.map_or(Shown::Nothing, |field| fields::shown(field, value, how))
            }
            _ => Shown::Nothing,
        }
    }
}
