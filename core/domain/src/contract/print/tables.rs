//! Blocks that a template names: parties, goods, milestones, rebates.

use super::PrintedContract;
use super::placeholder::BlockName;
use super::sheet::PrintLanguage::{self, En, Zh};
use super::sheet::{Block, Column, Side, Table};
use super::writing::{self, in_language, one_line};
use crate::contract::lines::{LineTotal, SubjectLine};
use crate::contract::rebate::{Grading, RebatePeriod};
use crate::contract::{Party, PartyField, RebateAgreement};
use crate::error::Text;
use crate::money::Minor;

/// The block; nothing where there is nothing to show.
pub(super) fn blocks(name: BlockName, contract: &PrintedContract, language: PrintLanguage) -> Vec<Block> {
    let print = Print { contract, language };
    match name {
        _ if !name.is_there(contract) => Vec::new(),
        BlockName::Parties => vec![print.parties()],
        BlockName::Lines => vec![Block::Table(print.lines())],
        BlockName::Milestones => vec![Block::Table(print.milestones())],
        BlockName::Rebate => contract
            .rebate
            .as_ref()
            .map_or_else(Vec::new, |rebate| print.rebate(rebate)),
    }
}

struct Print<'a> {
    contract: &'a PrintedContract,
    language: PrintLanguage,
}

/// A column as it is built: its head, and its cell of each row and of the foot.
struct Cells {
    column: Column,
    rows: Vec<String>,
    foot: String,
}

fn table(columns: Vec<Cells>, with_foot: bool) -> Table {
    let rows = columns.first().map_or(0, |first| first.rows.len());
    let row = |n: usize| columns.iter().map(|cells| cells.rows[n].clone()).collect();
    Table {
        rows: (0..rows).map(row).collect(),
        foot: with_foot.then(|| columns.iter().map(|cells| cells.foot.clone()).collect()),
        columns: columns.into_iter().map(|cells| cells.column).collect(),
    }
}

impl Print<'_> {
    fn told(&self, zh: &str, en: &str) -> String {
        match self.language {
            Zh => zh.to_owned(),
            En => en.to_owned(),
        }
    }

    fn amount(&self, amount: Minor) -> String {
        writing::amount(amount, &self.contract.currency)
    }

    /// A column of amounts names the currency in its head.
    fn money(&self, zh: &str, en: &str) -> String {
        match (self.language, self.contract.currency.as_str()) {
            (Zh, "CNY") => format!("{zh}（元）"),
            (Zh, currency) => format!("{zh}（{currency}）"),
            (En, currency) => format!("{en} ({currency})"),
        }
    }

    fn parties(&self) -> Block {
        let side = |role: String, party: &Party| Side {
            role,
            facts: PartyField::ALL
                .iter()
                .filter_map(|field| self.fact(party, *field))
                .collect(),
        };
        Block::Parties {
            own: side(self.told("甲方", "Party A"), &self.contract.own_party),
            other: side(self.told("乙方", "Party B"), &self.contract.other_party),
        }
    }

    /// Nobody can be a party without a name, an address and a way to be reached: those can be filled in by hand.
    fn fact(&self, party: &Party, field: PartyField) -> Option<(String, String)> {
        let is_needed = matches!(field, PartyField::Name | PartyField::Address | PartyField::Contact);
        let known = party.get(field).map(one_line).filter(|text| !text.is_empty());
        let text = known.or_else(|| is_needed.then(|| writing::blank(self.language).to_owned()))?;
        Some((in_language(&field.label(), self.language).to_owned(), text))
    }

    fn counted(&self, count: usize) -> Cells {
        Cells {
            column: column(self.told("序号", "No."), true, 4),
            rows: (1..=count).map(|n| n.to_string()).collect(),
            foot: String::new(),
        }
    }

    fn lines(&self) -> Table {
        let lines = &self.contract.lines;
        let cells = |label: String, figures: bool, share: u8, cell: &dyn Fn(&SubjectLine) -> String| Cells {
            column: column(label, figures, share),
            rows: lines.iter().map(cell).collect(),
            foot: String::new(),
        };
        let said = |text: &Option<String>| text.as_deref().map(one_line).unwrap_or_default();
        let mut goods = cells(self.told("名称", "Item"), false, 14, &|line| one_line(&line.goods));
        goods.foot = self.told("合计", "Total");
        let mut columns = vec![self.counted(lines.len()), goods];
        // A column that says nothing takes room from those that do.
        if lines.iter().any(|line| line.brand.is_some()) {
            columns.push(cells(self.told("品牌", "Brand"), false, 9, &|line| said(&line.brand)));
        }
        if lines.iter().any(|line| line.specification.is_some()) {
            let label = self.told("规格型号", "Spec.");
            columns.push(cells(label, false, 13, &|line| said(&line.specification)));
        }
        columns.push(cells(self.told("单位", "Unit"), false, 6, &|line| {
            one_line(&line.unit)
        }));
        let label = self.told("数量", "Qty");
        columns.push(cells(label, true, 8, &|line| writing::quantity(line.quantity)));
        columns.push(self.prices());
        let label = self.told("税率", "Tax rate");
        columns.push(cells(label, true, 7, &|line| {
            format!("{}%", writing::percent(line.tax_ppm))
        }));
        columns.push(self.sums("不含税金额", "Net", |total| total.amount));
        columns.push(self.sums("税额", "Tax", |total| total.tax));
        columns.push(self.sums("价税合计", "Gross", |total| total.total));
        table(columns, true)
    }

    /// Whether tax is in the price stands in the head where it is the same for all, otherwise with each price.
    fn prices(&self) -> Cells {
        let lines = &self.contract.lines;
        let included = lines.iter().filter(|line| line.tax_included).count();
        let told = |included: bool| match included {
            true => self.told("含税", "incl. tax"),
            false => self.told("不含税", "excl. tax"),
        };
        let in_brackets = |text: String| match self.language {
            Zh => format!("（{text}）"),
            En => format!(" ({text})"),
        };
        let is_mixed = included > 0 && included < lines.len();
        let (zh, en) = match (is_mixed, included > 0) {
            (true, _) => ("单价", "Unit price"),
            (_, true) => ("含税单价", "Unit price incl. tax"),
            (_, false) => ("不含税单价", "Unit price excl. tax"),
        };
        let price = |line: &SubjectLine| {
            let price = self.amount(line.unit_price);
            if is_mixed {
                price + &in_brackets(told(line.tax_included))
            } else {
                price
            }
        };
        Cells {
            column: column(self.money(zh, en), true, 11),
            rows: lines.iter().map(price).collect(),
            foot: String::new(),
        }
    }

    fn sums(&self, zh: &str, en: &str, part: fn(&LineTotal) -> Minor) -> Cells {
        let totals = &self.contract.totals;
        let of = |n: usize| totals.lines.get(n).map(part).map(|amount| self.amount(amount));
        Cells {
            column: column(self.money(zh, en), true, 12),
            rows: (0..self.contract.lines.len())
                .map(|n| of(n).unwrap_or_default())
                .collect(),
            foot: self.amount(part(&totals.sum)),
        }
    }

    fn milestones(&self) -> Table {
        let milestones = &self.contract.milestones;
        let cells = |label: String, figures: bool, share: u8, rows: Vec<String>| Cells {
            column: column(label, figures, share),
            rows,
            foot: String::new(),
        };
        let kinds = milestones
            .iter()
            .map(|one| in_language(&one.kind.label(), self.language).to_owned());
        let days = milestones.iter().map(|one| writing::day(one.due_on, self.language));
        let mut columns = vec![
            self.counted(milestones.len()),
            cells(self.told("事项", "What"), false, 10, kinds.collect()),
            cells(self.told("日期", "Due on"), false, 14, days.collect()),
        ];
        if milestones.iter().any(|one| one.amount.is_some()) {
            let amounts = milestones
                .iter()
                .map(|one| one.amount.map(|amount| self.amount(amount)));
            let amounts = amounts.map(Option::unwrap_or_default).collect();
            columns.push(cells(self.money("金额", "Amount"), true, 12, amounts));
        }
        if milestones.iter().any(|one| one.text.is_some()) {
            let texts = milestones
                .iter()
                .map(|one| one.text.as_deref().map(one_line).unwrap_or_default());
            columns.push(cells(self.told("说明", "Details"), false, 26, texts.collect()));
        }
        table(columns, false)
    }

    fn rebate(&self, rebate: &RebateAgreement) -> Vec<Block> {
        let tiers = &rebate.terms.tiers;
        let period = in_language(&period(rebate.terms.period), self.language).to_owned();
        let turnover = Cells {
            column: column(self.money("销售额达到", "Turnover from"), true, 20),
            rows: tiers.iter().map(|tier| self.amount(tier.from)).collect(),
            foot: String::new(),
        };
        let rate = Cells {
            column: column(self.told("返利比例", "Rate"), true, 12),
            rows: tiers
                .iter()
                .map(|tier| format!("{}%", writing::percent(tier.rate_ppm)))
                .collect(),
            foot: String::new(),
        };
        let mut text = match (self.language, rebate.terms.grading) {
            (Zh, Grading::Whole) => format!(
                "返利按{period}结算：以当期销售额扣除退货后的净额确定档次，净额全部按所达到档次的比例计算返利；\
                 未达到最低档次的，当期无返利。"
            ),
            (Zh, Grading::Marginal) => format!(
                "返利按{period}结算：当期销售额扣除退货后的净额按下表分档，各档次内的部分分别按该档次的比例计算返利；\
                 低于最低档次的部分无返利。"
            ),
            (En, Grading::Whole) => format!(
                "Rebates are settled by {period}. The turnover of the period, less returns, decides the tier, and the rate \
                 of that tier applies to the whole of it; turnover below the lowest tier earns no rebate."
            ),
            (En, Grading::Marginal) => format!(
                "Rebates are settled by {period}. The turnover of the period, less returns, is divided into the tiers \
                 below, and each rate applies to the part that lies in its tier; what lies below the lowest tier earns \
                 no rebate."
            ),
        };
        if let Some(tax) = rebate.tax_ppm {
            let tax = writing::percent(tax);
            text.push_str(&match self.language {
                Zh => format!("销售额按不含税金额计算，税率为{tax}%。"),
                En => format!(" Turnover counts without the tax of {tax}% that prices include."),
            });
        }
        vec![
            Block::Paragraph { text },
            Block::Table(table(vec![self.counted(tiers.len()), turnover, rate], false)),
        ]
    }
}

fn column(label: String, figures: bool, share: u8) -> Column {
    Column { label, figures, share }
}

fn period(period: RebatePeriod) -> Text {
    match period {
        RebatePeriod::Month => Text::new("自然月", "calendar month"),
        RebatePeriod::Quarter => Text::new("自然季度", "calendar quarter"),
        RebatePeriod::HalfYear => Text::new("自然半年", "calendar half-year"),
        RebatePeriod::Year => Text::new("自然年度", "calendar year"),
    }
}
