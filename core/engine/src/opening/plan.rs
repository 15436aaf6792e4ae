//! What booking a file would do, member by member; a run does exactly this.

use super::column::Column;
use super::group::{Group, grouped, totals};
use super::people::Person;
use super::read::{self, Line, Names, Place, Sheet};
use super::{FIGURES, OpeningCheck, OpeningTotals};
use crate::Engine;
use crate::actor::Actor;
use crate::input::field;
use crate::keys::external_number;
use crate::prepaid;
use cardea_domain::card::{CardKind, CardNumber};
use cardea_domain::error::WrongField;
use cardea_domain::id::{ChainId, CustomerId, ProgramId, StoreId};
use cardea_domain::ledger::AssetKind;
use cardea_domain::money::format_minor;
use cardea_domain::prepaid::PrepaidRules;
use cardea_domain::sale::{Brought, Context, HolderRule, KindTerms};
use cardea_domain::{Code, Day, Instant, Refusal, Text};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A membership to be.
pub(super) struct Planned {
    /// Its first row.
    pub line: i64,
    pub person: Person,
    /// Whether a customer holds it.
    pub named: bool,
    pub kind: CardKind,
    pub joined: Day,
    pub through: Option<Day>,
    /// The card's number in the system before.
    pub card: Option<String>,
    /// That of a blank of ours, which becomes its card.
    pub blank: Option<CardNumber>,
    /// With their rows.
    pub brought: Vec<(i64, Brought)>,
    pub program: ProgramId,
    pub context: Arc<Context>,
}

/// A file with all that was found in it.
pub(super) struct Plan {
    sheet: Sheet,
    pub found: OpeningTotals,
    pub members: Arc<Vec<Planned>>,
    new_customers: i64,
    pub minor_units: u32,
}

/// What every member needs.
pub(super) struct Planner<'a> {
    engine: &'a Engine,
    pub chain: ChainId,
    actor: &'a Actor,
    store: Place,
    pub now: Instant,
    minor_units: u32,
    rules: Option<&'static PrepaidRules>,
    contexts: HashMap<(StoreId, ProgramId), Arc<Context>>,
    numbers: HashSet<(ProgramId, String)>,
    /// Whether somebody is known by the phone alone.
    phones: HashMap<(ProgramId, String), bool>,
    pub held: HashSet<(CustomerId, ProgramId)>,
    pub blanks: HashSet<CardNumber>,
}

impl Plan {
    /// Reads a file and looks at every row. Of the first `done` members, which are booked already, nothing is asked of
    /// the database.
    pub fn make(engine: &Engine, actor: &Actor, store: StoreId, bytes: Arc<[u8]>, done: i64) -> Result<Self, Refusal> {
        let chain = actor.chain;
        let facts = engine.chain(chain)?;
        let now = engine.clock().business(chain);
        let names = engine.read(chain, |conn| Names::load(conn, chain, facts.minor_units))?;
        let Some(place) = names.store(store) else {
            return Err(field(
                "/store_id",
                "没有这家营业中的门店",
                "There is no such open store",
            ));
        };
        let mut sheet = read::read(bytes, &names)?;
        let (rules, _) = engine.read(chain, |conn| prepaid::rules(conn, chain, place.zone.day_of(now)))?;
        let mut planner = Planner {
            engine,
            chain,
            actor,
            store: place,
            now,
            minor_units: facts.minor_units,
            rules,
            contexts: HashMap::new(),
            numbers: HashSet::new(),
            phones: HashMap::new(),
            held: HashSet::new(),
            blanks: HashSet::new(),
        };
        let groups = grouped(&mut sheet);
        let found = totals(&groups)?;
        let mut members = Vec::with_capacity(groups.len());
        for group in groups {
            members.extend(planner.member(&mut sheet, group)?);
        }
        let keys = engine.keys().chain(chain);
        let skipped = usize::try_from(done).unwrap_or_default();
        let new_customers = engine.read(chain, |conn| {
            let mut new = 0;
            for member in members.iter_mut().skip(skipped) {
                new += i64::from(planner.look(conn, &keys, &mut sheet, member)?);
            }
            Ok(new)
        })?;
        sheet.faults.sort();
        sheet.warnings.sort();
        Ok(Self {
            sheet,
            found,
            members: Arc::new(members),
            new_customers,
            minor_units: facts.minor_units,
        })
    }

    pub fn rows(&self) -> i64 {
        self.sheet.rows
    }

    pub fn warnings(&self) -> i64 {
        self.sheet.warnings.count
    }

    /// As it is told.
    pub fn check(&self, given: OpeningTotals) -> OpeningCheck {
        let names = self.sheet.head.columns.iter();
        OpeningCheck {
            rows: self.rows(),
            columns: names.map(|column| column.map(|column| column.to_string())).collect(),
            given,
            found: self.found,
            ready: self.refusal(given).is_none(),
            new_customers: self.new_customers,
            faults: self.sheet.faults.told.clone(),
            fault_count: self.sheet.faults.count,
            warnings: self.sheet.warnings.told.clone(),
            warning_count: self.sheet.warnings.count,
            known_as: None,
        }
    }

    /// Why the file can't be booked.
    pub fn refusal(&self, given: OpeningTotals) -> Option<Refusal> {
        let faults = &self.sheet.faults;
        if let Some(first) = faults.told.first() {
            let (count, line) = (faults.count, first.line);
            let refusal = Refusal::new(
                Code::FieldInvalid,
                format!(
                    "{count} 处有误，没有入账；请先试运行并修正。第 {line} 行：{}",
                    first.detail.zh
                ),
                format!(
                    "{count} faults, nothing is booked: try the file, and mend it. Row {line}: {}",
                    first.detail.en
                ),
            );
            let wrong = |fault: &super::OpeningRemark| WrongField {
                pointer: format!("/rows/{}", fault.line),
                detail: fault.detail.clone(),
            };
            let wrong = faults.told.iter().take(20).map(wrong).collect();
            return Some(refusal.at("/file").with(|facts| facts.wrong = wrong));
        }
        mismatch(given, self.found, self.minor_units)
    }
}

/// Both figures of each total that differs.
pub(super) fn mismatch(given: OpeningTotals, found: OpeningTotals, minor_units: u32) -> Option<Refusal> {
    let pairs = FIGURES.iter().zip(given.figures()).zip(found.figures());
    let differing = pairs.filter(|((_, given), found)| given != found);
    let wrong: Vec<WrongField> = differing
        .map(|(((zh, en, name), given), found)| {
            let shown = |amount: i64| match *name {
                "principal" | "bonus" => format_minor(amount, minor_units),
                _ => amount.to_string(),
            };
            let (given, found) = (shown(given), shown(found));
            WrongField::new(
                format!("/{name}"),
                format!("{zh}：文件中为 {found}，给出的是 {given}"),
                format!("{en}: {found} in the file, {given} given"),
            )
        })
        .collect();
    if wrong.is_empty() {
        return None;
    }
    let all = |text: fn(&Text) -> &str, between: &str| {
        let texts: Vec<&str> = wrong.iter().map(|field| text(&field.detail)).collect();
        texts.join(between)
    };
    let refusal = Refusal::new(
        Code::ControlTotalsMismatch,
        format!(
            "文件的合计与控制合计不符，没有入账：{}。请核对文件与合计后重试。",
            all(|text| &text.zh, "；")
        ),
        format!(
            "The file doesn't come to the control totals, nothing is booked: {}. Check both and try again.",
            all(|text| &text.en, "; ")
        ),
    );
    let pointer = wrong[0].pointer.clone();
    Some(refusal.at(pointer).with(|facts| facts.wrong = wrong))
}

impl Planner<'_> {
    fn context(&mut self, place: Place, program: ProgramId) -> Result<Arc<Context>, Refusal> {
        if let Some(known) = self.contexts.get(&(place.id, program)) {
            return Ok(known.clone());
        }
        let configuration = self.engine.configuration_at(self.chain, program, self.now)?;
        let context = Arc::new(Context {
            staff: self.actor.staff,
            now: self.now,
            judged_at: self.now,
            store: place.id,
            zone: place.zone,
            minor_units: self.minor_units,
            configuration: configuration.id,
            terms: configuration.terms.clone(),
            ladder: configuration.ladder.clone(),
        });
        self.contexts.insert((place.id, program), context.clone());
        Ok(context)
    }

    /// A member by what the file alone says; None where that can't be one.
    fn member(&mut self, sheet: &mut Sheet, group: Group) -> Result<Option<Planned>, Refusal> {
        let Group { first, mut brought } = group;
        let Some(program) = first.program else { return Ok(None) };
        let (place, kind) = (
            first.store.unwrap_or(self.store),
            first.kind.unwrap_or(CardKind::Customer),
        );
        let context = self.context(place, program)?;
        let today = context.zone.day_of(self.now);
        let before = sheet.faults.count;
        let named = held(sheet, &first, kind, &context);
        validity(sheet, &first, kind, today);
        self.dates(sheet, &mut brought, named, today);
        self.limit(sheet, first.line, named, &brought);
        let person = Person {
            // Without a number of its own, whoever has the old card is known by it.
            number: first.number.or_else(|| old_number(first.card.as_deref())),
            name: first.name,
            phone: first.phone,
        };
        self.alone(sheet, &person, (first.line, program));
        if sheet.faults.count > before {
            return Ok(None);
        }
        let Some(joined) = first.joined else { return Ok(None) };
        Ok(Some(Planned {
            line: first.line,
            person,
            named,
            kind,
            joined,
            through: first.through,
            card: first.card,
            blank: None,
            brought,
            program,
            context,
        }))
    }

    /// No two members of a program have the same number, or a phone by which alone one of them is known.
    fn alone(&mut self, sheet: &mut Sheet, person: &Person, (line, program): (i64, ProgramId)) {
        let mut fault = |column: Column, zh: &str, en: &str| {
            sheet.faults.add(&sheet.head, line, Some(column), Text::new(zh, en));
        };
        let number = person.number.as_deref().map(external_number);
        let bare = number.is_none();
        if number.is_some_and(|number| !self.numbers.insert((program, number))) {
            fault(
                Column::Number,
                "文件中另一会员也用此编号，请核对",
                "Another member of the file has this number; check both",
            );
        }
        let Some(phone) = &person.phone else { return };
        let other = self.phones.get(&(program, phone.clone())).copied();
        if other.is_some_and(|other| other || bare) {
            fault(
                Column::Phone,
                "文件中另一会员也用此手机，请在各行填写会员编号",
                "Another member of the file has this phone: give the number on each row",
            );
        }
        self.phones
            .insert((program, phone.clone()), bare || other == Some(true));
    }

    /// Ends of lots: none lies before today, and named value has none (D-CARD-11).
    fn dates(&self, sheet: &mut Sheet, brought: &mut [(i64, Brought)], named: bool, today: Day) {
        for (line, brought) in brought {
            if named && brought.asset.is_money() && brought.through.take().is_some() {
                let text = Text::new(
                    "记名卡的储值永不过期，到期日不予采用",
                    "Value of a named card never expires: the day is left out",
                );
                sheet.warnings.add(&sheet.head, *line, Some(Column::Expires), text);
            }
            let over = brought.through.is_some_and(|last| last < today);
            match brought.asset.kind() {
                // What was paid for can still be paid back.
                AssetKind::Sessions if over => {
                    let text = Text::new(
                        "次卡已过有效期：不能使用，只能退款",
                        "The pass is over: it can't be used, only paid back",
                    );
                    sheet.warnings.add(&sheet.head, *line, Some(Column::Expires), text);
                }
                _ if over => {
                    let text = Text::new(
                        "到期日已过；已到期的请不要导入",
                        "It is over already: leave the row out, or give a later day",
                    );
                    sheet.faults.add(&sheet.head, *line, Some(Column::Expires), text);
                }
                _ => {}
            }
        }
    }

    /// What is above the law's limit is owed all the same: it is told, and no top-up follows until it is below.
    fn limit(&self, sheet: &mut Sheet, line: i64, named: bool, brought: &[(i64, Brought)]) {
        let Some(rules) = self.rules else { return };
        let most = if named { rules.named_most } else { rules.anonymous_most };
        let money = brought.iter().filter(|(_, brought)| brought.asset.is_money());
        let value = money.fold(0_i64, |sum, (_, brought)| sum.saturating_add(brought.amount));
        if value > most {
            let (value, most) = (
                format_minor(value, self.minor_units),
                format_minor(most, self.minor_units),
            );
            let text = Text::new(
                format!("储值合计 {value}，超过法定限额 {most}：照常转入，余额降到限额以下前不能再充值"),
                format!(
                    "It holds {value}, above the law's {most}: brought all the same, and no top-up until it is below"
                ),
            );
            sheet.warnings.add(&sheet.head, line, None, text);
        }
    }
}

/// Whether a customer holds the member's card.
fn held(sheet: &mut Sheet, first: &Line, kind: CardKind, context: &Context) -> bool {
    let mut fault = |column: Column, text: Text| sheet.faults.add(&sheet.head, first.line, Some(column), text);
    let named = match KindTerms::of(&context.terms.kinds, kind) {
        Ok(terms) if terms.holder == HolderRule::Staff => {
            let text = Text::new(
                "员工卡不由此导入，请由门店发卡",
                "Staff cards aren't brought; a store issues them",
            );
            fault(Column::CardKind, text);
            true
        }
        Ok(terms) => terms.holder == HolderRule::Customer,
        Err(refusal) => {
            fault(Column::CardKind, refusal.detail);
            true
        }
    };
    if !named && first.number.is_none() {
        let text = Text::new("不记名卡须有编号", "An anonymous card needs a number");
        fault(Column::Number, text);
    }
    named
}

/// Since when it has been a membership, and through which day.
fn validity(sheet: &mut Sheet, first: &Line, kind: CardKind, today: Day) {
    let mut fault = |column: Column, zh: &str, en: &str| {
        sheet
            .faults
            .add(&sheet.head, first.line, Some(column), Text::new(zh, en));
    };
    match first.joined {
        None => fault(Column::Joined, "请填写入会日期", "Give the day of joining"),
        Some(joined) if joined > today => fault(Column::Joined, "入会日期晚于今天", "It lies after today"),
        Some(_) => {}
    }
    match first.through {
        Some(last) if last < today => fault(
            Column::ValidThrough,
            "会籍有效期已过；请改为今天或以后的日期，或不导入这位会员",
            "The membership is over: give a later day, or leave the member out",
        ),
        None if kind == CardKind::Temporary => fault(
            Column::ValidThrough,
            "临时卡须有截止日期",
            "A temporary card has a last valid day",
        ),
        _ => {}
    }
}

/// A card's number in the system before; one in the form of ours is that of a blank.
fn old_number(card: Option<&str>) -> Option<String> {
    let old = card.filter(|card| card.parse::<CardNumber>().is_err());
    old.map(ToOwned::to_owned)
}
