//! The rows of a file, each cell by its column's own rule: nothing is guessed.

use super::OpeningRemark;
use super::column::{Column, Head};
use crate::each;
use crate::error::{Error, Result};
use crate::input;
use crate::intake::{FileFormat, open_table};
use crate::store::schema::{programs, stores};
use crate::store::{Conn, Id};
use cardea_domain::card::CardKind;
use cardea_domain::id::{ChainId, ProgramId, StoreId};
use cardea_domain::ledger::{Asset, AssetKind};
use cardea_domain::money::parse_minor;
use cardea_domain::prepaid::{MOST_SESSIONS, PassTerms};
use cardea_domain::sale::Brought;
use cardea_domain::sheet::{Cell, Epoch, is_scientific, plain};
use cardea_domain::{Day, Refusal, Text, Zone, phone};
use diesel::prelude::*;
use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;

/// Most rows of a file.
const MOST_ROWS: usize = 200_000;
/// Remarks that are told; more are only counted.
const TOLD: usize = 500;

/// A store with its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub id: StoreId,
    pub zone: Zone,
}

/// What names in a file stand for.
pub(super) struct Names {
    pub stores: HashMap<String, Place>,
    pub programs: HashMap<String, ProgramId>,
    pub minor_units: u32,
}

/// Remarks on rows: the first ones, and how many there are.
#[derive(Default)]
pub(super) struct Remarks {
    pub told: Vec<OpeningRemark>,
    pub count: i64,
}

/// What a row says; absent: its cell is empty.
#[derive(Clone, Default)]
pub(super) struct Line {
    /// From 1.
    pub line: i64,
    pub number: Option<String>,
    pub name: Option<String>,
    /// In international form.
    pub phone: Option<String>,
    pub store: Option<Place>,
    pub program: Option<ProgramId>,
    pub kind: Option<CardKind>,
    pub joined: Option<Day>,
    pub through: Option<Day>,
    pub card: Option<String>,
    pub brought: Option<Brought>,
}

/// A file that was read.
pub(super) struct Sheet {
    pub head: Head,
    /// Rows with anything in them.
    pub rows: i64,
    /// Those without a fault.
    pub lines: Vec<Line>,
    pub faults: Remarks,
    pub warnings: Remarks,
}

fn key(text: &str) -> String {
    plain(text).to_lowercase()
}

impl Names {
    /// Open stores and programs by code and name.
    pub fn load(conn: &mut Conn, chain: ChainId, minor_units: u32) -> Result<Self> {
        let open: Vec<(Id, String, String, String)> = each!(conn, c => stores::table
            .select((stores::id, stores::code, stores::name, stores::time_zone))
            .filter(stores::chain_id.eq(Id::from(chain)).and(stores::active.eq(true)))
            .load(c)?);
        let all: Vec<(Id, String, String, String)> = each!(conn, c => programs::table
            .select((programs::id, programs::code, programs::name_zh, programs::name_en))
            .filter(programs::chain_id.eq(Id::from(chain)))
            .load(c)?);
        let mut names = Self {
            stores: HashMap::new(),
            programs: HashMap::new(),
            minor_units,
        };
        for (id, code, name, zone) in open {
            let place = Place {
                id: id.typed(),
                zone: zone.parse().map_err(Error::internal)?,
            };
            names.stores.insert(key(&name), place);
            names.stores.insert(key(&code), place);
        }
        for (id, code, zh, en) in all {
            names
                .programs
                .extend([key(&zh), key(&en), key(&code)].map(|name| (name, id.typed())));
        }
        Ok(names)
    }

    pub fn store(&self, id: StoreId) -> Option<Place> {
        self.stores.values().find(|place| place.id == id).copied()
    }
}

impl Remarks {
    pub fn add(&mut self, head: &Head, line: i64, column: Option<Column>, detail: Text) {
        self.count += 1;
        if self.told.len() < TOLD {
            let place = column.and_then(|column| head.place(column));
            self.told.push(OpeningRemark {
                line,
                column: place.and_then(|place| i32::try_from(place).ok()),
                title: place.and_then(|place| head.titles.get(place).cloned()),
                detail,
            });
        }
    }

    /// In the file's order.
    pub fn sort(&mut self) {
        self.told.sort_by_key(|remark| (remark.line, remark.column));
    }
}

fn no_table() -> Refusal {
    let (zh, en) = (
        "不是 CSV、XLSX 或 XLS 文件，或已损坏，或有密码",
        "Not a CSV, XLSX or XLS file, or damaged, or it has a password",
    );
    input::field("/file", zh, en)
}

/// Reads a file.
///
/// # Errors
/// `field_invalid` for what is no table, has no headers, or more than 200 000 rows.
pub(super) fn read(bytes: Arc<[u8]>, names: &Names) -> Result<Sheet, Refusal> {
    let format = FileFormat::of(&bytes).ok_or_else(no_table)?;
    let unreadable = |e: std::io::Error| {
        tracing::info!(error = %e, "a file of opening balances can't be read");
        no_table()
    };
    let table = open_table(Box::new(Cursor::new(bytes)), format, None).map_err(unreadable)?;
    let epoch = table.epoch;
    let rows = table.rows.take(MOST_ROWS + 1).collect::<Result<Vec<Vec<Cell>>, _>>();
    let rows = rows.map_err(unreadable)?;
    if rows.len() > MOST_ROWS {
        let (zh, en) = (
            "最多 200000 行，请分成几个文件",
            "At most 200000 rows; make several files of it",
        );
        return Err(input::field("/file", zh, en));
    }
    let Some(head) = Head::find(&rows) else {
        let (zh, en) = (
            "没有找到表头：前 8 行中须有一行写明各列的名称，如 number、name、phone、program、joined、kind、amount",
            "No headers found: one of the first 8 rows names the columns, such as number, name, phone, program, joined, kind, amount",
        );
        return Err(input::field("/file", zh, en));
    };
    let mut sheet = Sheet {
        rows: 0,
        lines: Vec::new(),
        faults: Remarks::default(),
        warnings: Remarks::default(),
        head,
    };
    for detail in sheet.head.missing() {
        sheet.faults.add(&sheet.head, sheet.head.line as i64, None, detail);
    }
    let (first, mut line) = (sheet.head.line, sheet.head.line as i64);
    for cells in &rows[first..] {
        line += 1;
        if cells.iter().all(Cell::is_empty) {
            continue;
        }
        sheet.rows += 1;
        let mut reader = Reader {
            names,
            head: &sheet.head,
            epoch,
            cells,
            line,
            faults: &mut sheet.faults,
        };
        let before = reader.faults.count;
        let read = reader.row();
        if reader.faults.count == before {
            sheet.lines.push(read);
        }
    }
    Ok(sheet)
}

/// One row being read.
struct Reader<'a> {
    names: &'a Names,
    head: &'a Head,
    epoch: Epoch,
    cells: &'a [Cell],
    line: i64,
    faults: &'a mut Remarks,
}

impl Reader<'_> {
    /// What a cell says, by its rule; a fault is noted.
    fn cell<T>(&mut self, column: Column, rule: impl FnOnce(&Cell, Epoch) -> Result<T, Text>) -> Option<T> {
        let place = self.head.place(column)?;
        let cell = self.cells.get(place).filter(|cell| !cell.is_empty())?;
        match rule(cell, self.epoch) {
            Ok(read) => Some(read),
            Err(detail) => {
                self.fault(column, detail);
                None
            }
        }
    }

    fn fault(&mut self, column: Column, detail: Text) {
        self.faults.add(self.head, self.line, Some(column), detail);
    }

    fn row(&mut self) -> Line {
        let names = self.names;
        Line {
            line: self.line,
            number: self.cell(Column::Number, |cell, _| given_out(cell)),
            name: self.cell(Column::Name, |cell, epoch| short(&cell.text(epoch), 64)),
            phone: self.cell(Column::Phone, |cell, _| {
                phone::check(&number(cell)?).map_err(|fault| fault.detail)
            }),
            store: self.cell(Column::Store, |cell, epoch| {
                let found = names.stores.get(&key(&cell.text(epoch))).copied();
                found.ok_or_else(|| Text::new("没有这家营业中的门店", "There is no such open store"))
            }),
            program: self.cell(Column::Program, |cell, epoch| {
                let found = names.programs.get(&key(&cell.text(epoch))).copied();
                found.ok_or_else(|| Text::new("没有这个会员计划", "There is no such program"))
            }),
            kind: self.cell(Column::CardKind, |cell, epoch| card_kind(&cell.text(epoch))),
            joined: self.cell(Column::Joined, day),
            through: self.cell(Column::ValidThrough, day),
            card: self.cell(Column::Card, |cell, _| given_out(cell)),
            brought: self.brought(),
        }
    }

    /// What the row brings; None where nothing is left of it.
    fn brought(&mut self) -> Option<Brought> {
        let minor_units = self.names.minor_units;
        let asset = self.cell(Column::Kind, |cell, epoch| asset(&cell.text(epoch)));
        let through = self.cell(Column::Expires, day);
        let digits = match &asset {
            Some(asset) if asset.is_money() => minor_units,
            _ => 0,
        };
        let amount = self.cell(Column::Amount, |cell, epoch| figure(&cell.text(epoch), digits));
        let has = |column| self.head.place(column).and_then(|place| self.cells.get(place));
        let written = |column| has(column).is_some_and(|cell| !cell.is_empty());
        match (written(Column::Kind), written(Column::Amount)) {
            (true, false) => self.fault(Column::Amount, Text::new("请填写数量", "Say how much it is")),
            (false, true) => {
                let text = Text::new("请填写余额类型", "Say what it is an amount of");
                self.fault(Column::Kind, text);
            }
            _ => {}
        }
        let (asset, amount) = (asset?, amount.filter(|amount| *amount > 0)?);
        let pass = match asset.kind() {
            AssetKind::Sessions => Some(self.pass(&asset, amount, through)?),
            _ => None,
        };
        Some(Brought {
            asset,
            amount,
            through,
            pass,
        })
    }

    fn pass(&mut self, asset: &Asset, sessions: i64, through: Option<Day>) -> Option<PassTerms> {
        let minor_units = self.names.minor_units;
        let service = asset.service().unwrap_or_default().to_owned();
        let name = self.cell(Column::Pass, |cell, epoch| short(&cell.text(epoch), 100));
        let money = |cell: &Cell, epoch: Epoch| figure(&cell.text(epoch), minor_units);
        let (paid, list) = (self.cell(Column::Paid, money), self.cell(Column::ListPrice, money));
        if sessions > MOST_SESSIONS {
            let text = Text::new("次卡最多 10000 次", "A pass has at most 10000 sessions");
            self.fault(Column::Amount, text);
            return None;
        }
        let (Some(paid), Some(list)) = (paid, list) else {
            let text = Text::new(
                "次卡须有 paid（剩余次数所付金额）与 list_price（单次原价），退款时要用",
                "Sessions need paid (what was paid for those that are left) and list_price (of one): refunds ask for them",
            );
            self.fault(Column::Kind, text);
            return None;
        };
        if list < 1 || sessions.checked_mul(list).is_none_or(|listed| listed < paid) {
            let text = Text::new(
                "单次原价乘以剩余次数不应低于所付金额",
                "The sessions that are left, at the list price, can't come to less than what was paid for them",
            );
            self.fault(Column::ListPrice, text);
            return None;
        }
        Some(PassTerms {
            name: name.unwrap_or_else(|| service.clone()),
            service,
            sessions,
            gifts: 0,
            paid,
            list,
            valid_through: through,
        })
    }
}

/// A number that somebody gave out, not spoilt by a spreadsheet.
fn number(cell: &Cell) -> Result<String, Text> {
    cell.number().map_err(|fault| fault.detail)
}

fn given_out(cell: &Cell) -> Result<String, Text> {
    short(&number(cell)?, 64)
}

fn short(text: &str, longest: usize) -> Result<String, Text> {
    input::text(text, longest, "/").map_err(|refusal| refusal.detail)
}

fn day(cell: &Cell, epoch: Epoch) -> Result<Day, Text> {
    let found = cell.day(epoch).map_err(|fault| fault.detail)?;
    found.ok_or_else(|| Text::new("应为日期", "A date is expected here"))
}

/// `1234.5` with two decimal places: 123 450. Never below 0: debts aren't brought.
fn figure(text: &str, digits: u32) -> Result<i64, Text> {
    let text = plain(text);
    let found = parse_minor(&text, digits).ok().filter(|amount| *amount >= 0);
    found.ok_or_else(|| match digits {
        _ if is_scientific(&text) => Text::new(
            "电子表格已把此数变成科学计数法，请在原表中改为数值或文本格式后重新导出",
            "A spreadsheet has turned this number into 1.38E+10; change the column's format in the original and export it again",
        ),
        0 => Text::new("应为不小于 0 的整数，不带千位分隔符", "A whole number from 0 is expected, without separators"),
        _ => Text::new(
            format!("应为不小于 0 的金额，最多 {digits} 位小数，如 1234.50，不带千位分隔符"),
            format!("An amount from 0 is expected, such as 1234.50, with at most {digits} decimal places and no separators"),
        ),
    })
}

fn card_kind(text: &str) -> Result<CardKind, Text> {
    let text = key(text);
    let found = match text.as_str() {
        "记名卡" | "记名" | "顾客卡" | "会员卡" | "named" => Some(CardKind::Customer),
        "不记名卡" | "不记名" => Some(CardKind::Anonymous),
        "临时卡" | "临时" => Some(CardKind::Temporary),
        other => other.parse().ok(),
    };
    found.ok_or_else(|| {
        Text::new(
            "没有这个卡种；应为记名卡、不记名卡、临时卡，或 customer、anonymous、temporary",
            "There is no such kind of card: customer, anonymous or temporary is expected",
        )
    })
}

fn asset(text: &str) -> Result<Asset, Text> {
    let text = key(text);
    match text.as_str() {
        "points" | "积分" => return Ok(Asset::points()),
        "principal" | "本金" | "储值本金" | "储值" => return Ok(Asset::principal()),
        "bonus" | "赠送金" | "赠金" | "赠送" => return Ok(Asset::bonus()),
        _ => {}
    }
    let service = ["session:", "sessions:", "次卡:"]
        .iter()
        .find_map(|before| text.strip_prefix(before));
    let service = service.and_then(|service| input::code(service, "/").ok());
    service.map(|service| Asset::sessions(&service)).ok_or_else(|| {
        Text::new(
            "应为 points（积分）、principal（本金）、bonus（赠送金），或 session:项目代码（次卡）",
            "points, principal, bonus or session:SERVICE (the service's code) is expected here",
        )
    })
}
