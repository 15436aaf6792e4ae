//! A row of a file as a customer: every cell checked by its field's own rule, nothing guessed.

use super::ImportMapping;
use super::row::ImportRow;
use super::target::{Kind, Target};
use crate::actor::Actor;
use crate::archive::card::{Card, CardGroup};
use crate::archive::card_change::{Author, CardChange, Checked, note};
use crate::archive::contact::Contact;
use crate::archive::customer::identity;
use crate::archive::row::CustomerRow;
use crate::archive::search::Entries;
use crate::archive::{Consent, FormOfAddress};
use crate::error::{Error, Result};
use crate::input;
use crate::keys::{ChainKeys, PersonKey};
use crate::store::schema::{staff, stores};
use crate::store::{Id, Name};
use crate::{Engine, each};
use cardea_domain::error::WrongField;
use cardea_domain::fields::{FieldDefinition, FieldKind, WrittenValues, change};
use cardea_domain::id::{CustomerId, RecordTypeId};
use cardea_domain::identifier::{DocumentKind, Fault};
use cardea_domain::lunar::{BirthdayCalendar, LunarDay};
use cardea_domain::phone;
use cardea_domain::provenance::{CardSource, ProvenanceChange};
use cardea_domain::sheet::{Cell, Epoch, plain};
use cardea_domain::{Day, Instant, Refusal, Text};
use diesel::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Why a row can't be imported: the column at fault, if it is one, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowFault {
    pub column: Option<usize>,
    pub detail: Text,
}

impl RowFault {
    pub fn row(zh: &str, en: &str) -> Self {
        Self {
            column: None,
            detail: Text::new(zh, en),
        }
    }

    fn at(column: usize, detail: Text) -> Self {
        Self {
            column: Some(column),
            detail,
        }
    }
}

/// What a row says of a customer.
#[derive(Default)]
pub(super) struct Given {
    pub name: Option<String>,
    pub form: Option<FormOfAddress>,
    pub contact: Contact,
    pub calendar: Option<BirthdayCalendar>,
    pub external_ref: Option<String>,
    pub store: Option<Id>,
    pub consultant: Option<Id>,
    pub marketing: Option<bool>,
    pub privacy: Option<bool>,
    pub card: Option<Checked>,
    /// Of a record.
    pub values: Option<Map<String, Value>>,
}

/// A row that could be read, ready to be a new customer or to change a known one.
pub(super) struct Ready {
    pub line: u64,
    pub given: Given,
    /// As a new customer.
    pub row: CustomerRow,
    pub card: Option<Vec<u8>>,
    pub entries: Entries,
}

/// What every row needs.
pub(super) struct Reading {
    pub keys: std::sync::Arc<ChainKeys>,
    /// The file's.
    pub file: PersonKey,
    pub actor: Actor,
    pub epoch: Epoch,
    pub latest: Day,
    pub now: Instant,
    pub created_at: i64,
    pub declared: (i32, Vec<FieldDefinition>),
    /// Of the records in the file; None: customers.
    pub kind: Option<RecordTypeId>,
    pub columns: Vec<(usize, Target)>,
    pub store: Option<Id>,
    minor_units: u32,
    stores: HashMap<String, Id>,
    staff: HashMap<String, Id>,
}

fn key(text: &str) -> String {
    plain(text).to_lowercase()
}

impl Reading {
    pub fn open(
        engine: &Engine,
        actor: &Actor,
        (row, mapping): (&ImportRow, &ImportMapping),
        epoch: Epoch,
    ) -> Result<Self> {
        let chain = actor.chain;
        let (declared, open_stores, people) = engine.read(chain, |conn| {
            let open: Vec<(Id, String, String)> = each!(conn, c => stores::table
                .select((stores::id, stores::code, stores::name))
                .filter(stores::chain_id.eq(Id::from(chain)).and(stores::active.eq(true)))
                .load(c)?);
            let people: Vec<(Id, String, String)> = each!(conn, c => staff::table
                .select((staff::id, staff::user_name, staff::name))
                .filter(staff::chain_id.eq(Id::from(chain)).and(staff::active.eq(true)))
                .load(c)?);
            Ok((row.declared(conn)?, open, people))
        })?;
        let by_name = |rows: Vec<(Id, String, String)>| {
            let both = |(id, code, name): (Id, String, String)| [(key(&name), id), (key(&code), id)];
            rows.into_iter().flat_map(both).collect()
        };
        let keys = engine.keys().chain(chain);
        Ok(Self {
            file: row.key(&keys)?,
            keys,
            actor: actor.clone(),
            epoch,
            latest: engine.latest_day(chain),
            now: engine.clock().business(chain),
            created_at: engine.clock().now().0,
            declared,
            kind: row.type_id.map(Id::typed),
            columns: Vec::new(),
            store: mapping.store_id.map(Id::from),
            minor_units: engine.chain(chain)?.minor_units,
            stores: by_name(open_stores),
            staff: by_name(people),
        })
    }

    /// Reads a row.
    ///
    /// # Errors
    /// The first cell at fault.
    pub fn row(&self, line: u64, cells: &[Cell]) -> Result<Ready, RowFault> {
        let mut given = Given::default();
        let mut card = Map::new();
        for (column, target) in &self.columns {
            let Some(cell) = cells.get(*column).filter(|cell| !cell.is_empty()) else {
                continue;
            };
            if let Cell::Text(text) = cell
                && text.contains('\u{fffd}')
            {
                let (zh, en) = (
                    "有无法识别的字符，请检查文件编码",
                    "Unreadable characters; check the file's encoding",
                );
                return Err(RowFault::at(*column, Text::new(zh, en)));
            }
            let read = self.cell(cell, target, &mut given, &mut card);
            read.map_err(|detail| RowFault::at(*column, detail))?;
        }
        if self.kind.is_some() {
            given.values = Some(self.values(card)?);
        } else {
            given.card = self.card(card)?;
        }
        self.ready(line, given).map_err(refused)
    }

    fn cell(&self, cell: &Cell, target: &Target, given: &mut Given, card: &mut Map<String, Value>) -> Result<(), Text> {
        let text = cell.text(self.epoch);
        match target {
            Target::Name => given.name = Some(input::text(&text, 64, "/name").map_err(|r| r.detail)?),
            Target::FormOfAddress => given.form = Some(form(&text)?),
            Target::Phone => phones(cell, &mut given.contact.phones)?,
            Target::Birthday => given.contact.birthday = Some(self.birthday(cell)?),
            Target::BirthdayCalendar => given.calendar = Some(calendar(&text)?),
            Target::LunarBirthday => {
                let born = self.lunar_birthday(&text)?;
                (given.contact.birthday, given.calendar) = (Some(born), Some(BirthdayCalendar::Lunar));
            }
            Target::Identity => {
                let number = cell.number().map_err(|fault| fault.detail)?;
                let (kind, number) =
                    identity(None::<DocumentKind>, Some(&number), self.latest).map_err(|r| r.detail)?;
                (given.contact.identity_kind, given.contact.identity_number) = (kind, number);
            }
            Target::ExternalRef => {
                let number = cell.number().map_err(|fault| fault.detail)?;
                given.external_ref = Some(input::text(&number, 64, "/external_ref").map_err(|r| r.detail)?);
            }
            Target::Store => {
                given.store = Some(known(
                    &self.stores,
                    &text,
                    "没有这家营业中的门店",
                    "No such open store",
                )?)
            }
            Target::Consultant => {
                given.consultant = Some(known(&self.staff, &text, "没有这位员工", "No such staff member")?)
            }
            Target::Marketing => given.marketing = cell.flag().map_err(|fault| fault.detail)?,
            Target::Privacy => given.privacy = cell.flag().map_err(|fault| fault.detail)?,
            Target::Card(group, name, kind) => put(card, group, name, self.value(cell, *kind)?),
            Target::Own(field) => put(card, "own", &field.name, self.own(cell, field)?),
        }
        Ok(())
    }

    fn birthday(&self, cell: &Cell) -> Result<Day, Text> {
        let day = cell.day(self.epoch).map_err(|fault| fault.detail)?;
        let day = day.filter(|day| day.year() >= 1900 && *day <= self.latest);
        day.ok_or_else(|| Text::new("生日须在 1900 年至今天之间", "A birthday lies between 1900 and today"))
    }

    /// Written as a day of the lunar calendar; it may have no date of the same name.
    fn lunar_birthday(&self, text: &str) -> Result<Day, Text> {
        let born = text.parse::<LunarDay>().ok().and_then(LunarDay::solar);
        let born = born.filter(|day| *day <= self.latest);
        born.ok_or_else(|| {
            Text::new(
                "没有这一天；农历生日如 1978-08-15，闰月如 1979-闰6-01",
                "There is no such day; a lunar birthday is written 1978-08-15, in a leap month 1979-闰6-01",
            )
        })
    }

    fn value(&self, cell: &Cell, kind: Kind) -> Result<Value, Text> {
        let detail = |fault: Fault| fault.detail;
        Ok(match kind {
            Kind::Text => cell.text(self.epoch).into(),
            Kind::Number => cell.number().map_err(detail)?.into(),
            Kind::List => {
                let text = cell.text(self.epoch);
                let items = text.split(['、', ',', '，', ';', '；', '\n']).map(str::trim);
                items.filter(|item| !item.is_empty()).collect::<Vec<_>>().into()
            }
            Kind::Sex => match key(&cell.text(self.epoch)).as_str() {
                "男" | "男性" | "m" | "male" => "male".into(),
                "女" | "女性" | "f" | "female" => "female".into(),
                _ => return Err(Text::new("应为男或女", "Female or male is expected here")),
            },
            Kind::Day => json!(cell.day(self.epoch).map_err(detail)?),
        })
    }

    /// A value of one of the chain's own fields, as its kind has it.
    fn own(&self, cell: &Cell, field: &FieldDefinition) -> Result<Value, Text> {
        let text = cell.text(self.epoch);
        let code = |text: &str| {
            let typed = key(text);
            let same = |label: &str| key(label) == typed;
            let found = field
                .choices
                .iter()
                .find(|choice| same(&choice.code) || same(&choice.label.zh) || same(&choice.label.en));
            let unknown = || Text::new(format!("没有这个选项：{text}"), format!("No such choice: {text}"));
            found.map(|choice| Value::from(choice.code.clone())).ok_or_else(unknown)
        };
        let digits = match field.kind {
            FieldKind::Money => self.minor_units,
            _ => field.digits.unwrap_or(0),
        };
        match field.kind {
            FieldKind::Choice => code(&text),
            FieldKind::Choices => {
                let items = text
                    .split(['、', ',', '，', ';', '；'])
                    .map(str::trim)
                    .filter(|item| !item.is_empty());
                items.map(code).collect::<Result<Vec<_>, _>>().map(Value::from)
            }
            FieldKind::Flag => Ok(json!(cell.flag().map_err(|fault| fault.detail)?)),
            FieldKind::Date => Ok(json!(cell.day(self.epoch).map_err(|fault| fault.detail)?)),
            FieldKind::Number | FieldKind::Decimal | FieldKind::Money => scaled(&text, digits),
            FieldKind::Phone | FieldKind::Identity | FieldKind::CreditCode => {
                Ok(cell.number().map_err(|fault| fault.detail)?.into())
            }
            _ => Ok(text.into()),
        }
    }

    /// A record's values, checked by its type's fields.
    fn values(&self, mut card: Map<String, Value>) -> Result<Map<String, Value>, RowFault> {
        let values = match card.remove("own") {
            Some(Value::Object(values)) => values,
            _ => Map::new(),
        };
        let checked = change(&self.declared.1, &WrittenValues::new(), &values, self.latest);
        match checked.map_err(|wrong| WrongField::refusal("/values", wrong)) {
            Err(Some(refusal)) => Err(self.of_card(refusal)),
            _ => Ok(values),
        }
    }

    fn card(&self, mut card: Map<String, Value>) -> Result<Option<Checked>, RowFault> {
        if card.is_empty() {
            return Ok(None);
        }
        let groups: Vec<String> = card.keys().cloned().collect();
        let told = groups
            .iter()
            .map(|group| (group.clone(), json!({ "source": "import" })));
        card.insert("provenance".into(), Value::Object(told.collect()));
        let change: CardChange =
            serde_json::from_value(Value::Object(card)).map_err(|e| RowFault::row("档案卡填写有误", &e.to_string()))?;
        change.checked(self.latest).map(Some).map_err(|r| self.of_card(r))
    }

    /// The fault of a card's field, at the column that it came from.
    fn of_card(&self, refusal: Refusal) -> RowFault {
        let pointer = refusal.pointer.clone().unwrap_or_default();
        let here = |target: &Target| match target {
            Target::Card(group, name, _) => pointer.starts_with(&format!("/card/{group}/{name}")),
            Target::Own(field) => ["/card/own/", "/values/"]
                .iter()
                .any(|before| pointer == format!("{before}{}", field.name)),
            _ => false,
        };
        let column = self
            .columns
            .iter()
            .find(|(_, target)| here(target))
            .map(|(column, _)| *column);
        RowFault {
            column,
            detail: refusal.detail,
        }
    }

    fn ready(&self, line: u64, mut given: Given) -> Result<Ready> {
        given.contact.birthday_calendar = given.calendar.unwrap_or_default();
        let id = CustomerId(Uuid::now_v7());
        let (person, data_key): (PersonKey, Vec<u8>) = self.keys.new_person(id).map_err(Error::internal)?;
        let consent = Consent {
            marketing: given.marketing.unwrap_or_default(),
            privacy: given.privacy.unwrap_or_default(),
        };
        let row = CustomerRow {
            chain_id: self.actor.chain.into(),
            id: id.into(),
            name: given.name.clone().unwrap_or_default(),
            form_of_address: Name(given.form.unwrap_or_default()),
            store_id: given.store.or(self.store).unwrap_or(Id(Uuid::nil())),
            consultant_id: given.consultant,
            introducer_id: None,
            consent_marketing: consent.marketing,
            consent_privacy: consent.privacy,
            consent_at: (consent.privacy || consent.marketing).then_some(self.now.0),
            external_ref: given.external_ref.clone(),
            data_key: Some(data_key),
            contact: Some(given.contact.seal(&person)?),
            created_at: self.created_at,
            version: 1,
            merged_into: None,
        };
        let card = given.card.as_ref().map(|change| self.first_card(change)).transpose()?;
        let entries = Entries::of(&self.keys, &row, &given.contact, card.as_ref());
        let card = card.map(|card| card.seal(&person)).transpose()?;
        Ok(Ready {
            line,
            given,
            row,
            card,
            entries,
        })
    }

    fn first_card(&self, change: &Checked) -> Result<Card> {
        let (mut card, mut changed) = change.apply(&Card::default(), &self.declared, self.latest)?;
        changed.extend([CardGroup::Person, CardGroup::Contact]);
        note(&mut card, &changed, &told(change), &self.author());
        Ok(card)
    }

    pub fn author(&self) -> Author {
        Author {
            who: self.actor.staff,
            at: self.now,
        }
    }
}

/// Everything that a row says comes from a file.
pub(super) fn told(change: &Checked) -> BTreeMap<String, ProvenanceChange> {
    let import = ProvenanceChange {
        source: Some(CardSource::Import),
        verified: None,
    };
    change.told().keys().map(|group| (group.clone(), import)).collect()
}

fn refused(error: Error) -> RowFault {
    RowFault {
        column: None,
        detail: Refusal::from(error).detail,
    }
}

fn put(card: &mut Map<String, Value>, group: &str, name: &str, value: Value) {
    let fields = card.entry(group).or_insert_with(|| json!({}));
    fields[name] = value;
}

fn known(all: &HashMap<String, Id>, text: &str, zh: &str, en: &str) -> Result<Id, Text> {
    all.get(&key(text)).copied().ok_or_else(|| Text::new(zh, en))
}

fn calendar(text: &str) -> Result<BirthdayCalendar, Text> {
    match key(text).as_str() {
        "公历" | "阳历" | "新历" | "solar" => Ok(BirthdayCalendar::Solar),
        "农历" | "阴历" | "旧历" | "lunar" => Ok(BirthdayCalendar::Lunar),
        _ => Err(Text::new("应为公历或农历", "Solar or lunar is expected here")),
    }
}

fn form(text: &str) -> Result<FormOfAddress, Text> {
    match key(text).trim_end_matches('.') {
        "先生" | "男士" | "mr" => Ok(FormOfAddress::Mr),
        "女士" | "小姐" | "太太" | "ms" | "mrs" | "miss" => Ok(FormOfAddress::Ms),
        _ => Err(Text::new("应为先生或女士", "Mr or Ms is expected here")),
    }
}

/// Several phones may stand in one cell.
fn phones(cell: &Cell, phones: &mut Vec<String>) -> Result<(), Text> {
    let typed = cell.number().map_err(|fault| fault.detail)?;
    for one in typed.split(['、', ';', '；', ',', '，', '/', '\n']) {
        if one.trim().is_empty() {
            continue;
        }
        let phone = phone::check(one).map_err(|fault| fault.detail)?;
        if !phones.contains(&phone) {
            phones.push(phone);
        }
    }
    if phones.len() > 5 {
        return Err(Text::new("最多 5 个电话", "At most 5 phones"));
    }
    Ok(())
}

/// `12.5` with two digits: 1250.
fn scaled(text: &str, digits: u32) -> Result<Value, Text> {
    let wrong = || Text::new("应为数字", "A number is expected here");
    let text = plain(text).replace(',', "");
    let (sign, number) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let decimals = decimals.trim_end_matches('0');
    let width = digits as usize;
    if decimals.len() > width || !(whole.bytes().chain(decimals.bytes()).all(|b| b.is_ascii_digit())) {
        return Err(wrong());
    }
    let all: i64 = format!("{whole}{decimals:0<width$}").parse().map_err(|_| wrong())?;
    Ok(json!(sign * all))
}
