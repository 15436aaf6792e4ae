//! What a column of a file of opening balances means, by what stands over it.

use crate::intake::plain_header;
use cardea_domain::Text;
use cardea_domain::named;
use cardea_domain::sheet::{Cell, Epoch};

named! {
/// A column that is read.
pub enum Column {
    /// The member's number in the system before.
    Number = "number",
    Name = "name",
    Phone = "phone",
    Store = "store",
    Program = "program",
    CardKind = "card_kind",
    Joined = "joined",
    ValidThrough = "valid_through",
    /// The card's number there, or that of a blank of ours.
    Card = "card",
    Kind = "kind",
    Amount = "amount",
    Expires = "expires",
    /// What people call a pass.
    Pass = "pass",
    Paid = "paid",
    ListPrice = "list_price",
}
}

/// By the header, as [`plain_header`] writes it.
const HEADERS: &[(Column, &str)] = &[
    (
        Column::Number,
        "number|会员编号|会员号|旧会员号|旧编号|编号|外部编号|member number|member id|customer number",
    ),
    (Column::Name, "name|姓名|会员姓名|顾客姓名|full name"),
    (
        Column::Phone,
        "phone|手机|手机号|手机号码|电话|联系电话|mobile|phone number",
    ),
    (Column::Store, "store|门店|所属门店|shop|branch"),
    (Column::Program, "program|会员计划|计划|programme"),
    (Column::CardKind, "card kind|卡种|卡类型|kind of card"),
    (
        Column::Joined,
        "joined|入会日期|入会日|办卡日期|开卡日期|joined on|member since",
    ),
    (
        Column::ValidThrough,
        "valid through|会籍有效期至|会籍有效期|卡有效期至|卡有效期|membership valid through",
    ),
    (Column::Card, "card|卡号|旧卡号|会员卡号|card number"),
    (Column::Kind, "kind|余额类型|项目|资产|类型|asset|balance of"),
    (Column::Amount, "amount|数量|余额|金额|数额|balance"),
    (
        Column::Expires,
        "expires|到期日|到期日期|有效期至|有效期|最后有效日|good through|last day",
    ),
    (Column::Pass, "pass|次卡名称|次卡|服务名称|项目名称|pass name"),
    (Column::Paid, "paid|实付|已付金额|购买金额|price paid"),
    (
        Column::ListPrice,
        "list price|单次原价|原价|单价|list|price per session",
    ),
];

/// Rows among which headers are looked for.
const AMONG: usize = 8;

/// The column that a header means.
fn of(title: &str) -> Option<Column> {
    let title = plain_header(title);
    let known = |(_, headers): &&(Column, &str)| headers.split('|').any(|header| header == title);
    HEADERS.iter().find(known).map(|(column, _)| *column)
}

/// Where the headers stand, and what they mean.
pub(super) struct Head {
    /// Rows up to the headers, from 1.
    pub line: usize,
    pub titles: Vec<String>,
    pub columns: Vec<Option<Column>>,
}

impl Head {
    /// The headers of a file: the first row in which three are known. None where there is none.
    pub fn find(rows: &[Vec<Cell>]) -> Option<Self> {
        rows.iter().take(AMONG).enumerate().find_map(|(at, row)| {
            let titles: Vec<String> = row.iter().map(|cell| cell.text(Epoch::Y1900)).collect();
            let mut columns: Vec<Option<Column>> = titles.iter().map(|title| of(title)).collect();
            for place in 1..columns.len() {
                if columns[..place].contains(&columns[place]) {
                    columns[place] = None;
                }
            }
            (columns.iter().flatten().count() >= 3).then_some(Self {
                line: at + 1,
                titles,
                columns,
            })
        })
    }

    pub fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|own| *own == Some(column))
    }

    /// Columns without which nothing can be read.
    pub fn missing(&self) -> Vec<Text> {
        let has = |column| self.place(column).is_some();
        let mut missing = Vec::new();
        let mut need = |there: bool, zh: &str, en: &str| {
            if !there {
                missing.push(Text::new(format!("缺少列：{zh}"), format!("A column is missing: {en}")));
            }
        };
        need(
            has(Column::Number) || has(Column::Phone),
            "number（会员编号）或 phone（手机）",
            "number or phone",
        );
        need(has(Column::Program), "program（会员计划）", "program");
        need(has(Column::Joined), "joined（入会日期）", "joined");
        need(
            has(Column::Kind) == has(Column::Amount),
            "kind（余额类型）与 amount（数量）须同时有",
            "kind and amount go together",
        );
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_led_12_headers_of_both_languages_are_known_once() {
        let row = |line: &str| line.split(',').map(|text| Cell::Text(text.into())).collect::<Vec<_>>();
        let rows = [
            row("2026 年余额"),
            row("会员编号,手机,Card kind,valid_through,备注,手机"),
        ];
        let head = Head::find(&rows).expect("headers");
        assert_eq!(head.line, 2);
        assert_eq!(
            head.columns,
            [
                Some(Column::Number),
                Some(Column::Phone),
                Some(Column::CardKind),
                Some(Column::ValidThrough),
                None,
                None
            ]
        );
        let missing: Vec<String> = head.missing().into_iter().map(|text| text.en).collect();
        assert_eq!(missing, ["A column is missing: program", "A column is missing: joined"]);
    }
}
