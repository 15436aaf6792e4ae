//! What a column of an uploaded file may mean, and under which headers people write it.

use super::ImportTarget;
use cardea_domain::Text;
use cardea_domain::fields::FieldDefinition;
use cardea_domain::sheet::{Cell, Epoch, plain};

/// How a field of the card is read from a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Given out by somebody: no date, nothing that a spreadsheet has spoilt.
    Number,
    List,
    Sex,
    Day,
}

/// What a column means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Name,
    FormOfAddress,
    Phone,
    Birthday,
    BirthdayCalendar,
    LunarBirthday,
    Identity,
    ExternalRef,
    Store,
    Consultant,
    Marketing,
    Privacy,
    Card(&'static str, &'static str, Kind),
    Own(FieldDefinition),
}

type Known = (&'static str, Target, &'static str);

/// By the name on the wire, with the headers it is proposed for.
const KNOWN: &[Known] = &[
    (
        "name",
        Target::Name,
        "姓名|顾客姓名|客户姓名|会员姓名|顾客|客户|会员|名字|客户名称|name|full name|customer|customer name|member",
    ),
    (
        "form_of_address",
        Target::FormOfAddress,
        "称呼|称谓|尊称|form of address|title|salutation",
    ),
    (
        "phone",
        Target::Phone,
        "电话|手机|手机号|手机号码|电话号码|联系电话|联系方式|移动电话|固定电话|座机|电话1|电话2|phone|mobile|tel|telephone|phone number|mobile phone|cell|cell phone",
    ),
    (
        "birthday",
        Target::Birthday,
        "生日|出生日期|出生年月|出生年月日|阳历生日|公历生日|birthday|birth date|date of birth|dob|born",
    ),
    (
        "birthday_calendar",
        Target::BirthdayCalendar,
        "生日历法|历法|birthday calendar",
    ),
    (
        "lunar_birthday",
        Target::LunarBirthday,
        "农历生日|阴历生日|旧历生日|lunar birthday",
    ),
    (
        "identity_number",
        Target::Identity,
        "身份证|身份证号|身份证号码|证件号|证件号码|identity number|id number|id card",
    ),
    (
        "external_ref",
        Target::ExternalRef,
        "外部编号|编号|客户编号|顾客编号|会员编号|会员号|客户号|户号|external number|id|customer id|member id|external id|external ref|household id|household number|customer number",
    ),
    (
        "store",
        Target::Store,
        "门店|店铺|所属门店|店名|登记门店|store|shop|branch",
    ),
    (
        "consultant",
        Target::Consultant,
        "顾问|美容顾问|美导|业务员|负责人|跟进人|consultant|sales rep|advisor",
    ),
    (
        "consent.marketing",
        Target::Marketing,
        "同意营销|营销同意|接收促销|接收短信|marketing consent|marketing",
    ),
    (
        "consent.privacy",
        Target::Privacy,
        "同意隐私|隐私同意|privacy consent|privacy",
    ),
    (
        "card.person.sex",
        Target::Card("person", "sex", Kind::Sex),
        "性别|sex|gender",
    ),
    (
        "card.person.native_place",
        Target::Card("person", "native_place", Kind::Text),
        "籍贯|native place",
    ),
    (
        "card.person.employer",
        Target::Card("person", "employer", Kind::Text),
        "单位|工作单位|公司|employer|company",
    ),
    (
        "card.person.occupation",
        Target::Card("person", "occupation", Kind::Text),
        "职业|职务|occupation|job|profession",
    ),
    (
        "card.person.products_used",
        Target::Card("person", "products_used", Kind::List),
        "使用产品|在用产品|products used",
    ),
    (
        "card.contact.mail",
        Target::Card("contact", "mail", Kind::Text),
        "电子邮箱|邮箱|电子邮件|mail address|mail|email|e-mail|email address",
    ),
    (
        "card.contact.wechat",
        Target::Card("contact", "wechat", Kind::Text),
        "微信|微信号|wechat|wechat id",
    ),
    (
        "card.contact.qq",
        Target::Card("contact", "qq", Kind::Number),
        "qq|qq号",
    ),
    (
        "card.contact.address",
        Target::Card("contact", "address", Kind::Text),
        "地址|住址|家庭住址|联系地址|通讯地址|address|street|postal address",
    ),
    (
        "card.contact.postcode",
        Target::Card("contact", "postcode", Kind::Number),
        "邮编|邮政编码|postcode|postal code|zip",
    ),
    (
        "card.contact.plates",
        Target::Card("contact", "plates", Kind::List),
        "车牌|车牌号|plate|licence plate",
    ),
    (
        "card.company.credit_code",
        Target::Card("company", "credit_code", Kind::Number),
        "统一社会信用代码|信用代码|credit code",
    ),
    (
        "card.company.trade",
        Target::Card("company", "trade", Kind::Text),
        "行业|trade|industry",
    ),
    (
        "card.company.form",
        Target::Card("company", "form", Kind::Text),
        "组织形式|form of organisation",
    ),
    (
        "card.company.founded_on",
        Target::Card("company", "founded_on", Kind::Day),
        "成立日期|founded on",
    ),
    (
        "card.characteristics.potential",
        Target::Card("characteristics", "potential", Kind::Text),
        "潜力|potential",
    ),
    (
        "card.characteristics.service_area",
        Target::Card("characteristics", "service_area", Kind::Text),
        "服务区域|service area",
    ),
    (
        "card.business.performance",
        Target::Card("business", "performance", Kind::Text),
        "经营业绩|performance",
    ),
    (
        "card.business.cooperation",
        Target::Card("business", "cooperation", Kind::Text),
        "合作态度|cooperation",
    ),
    (
        "card.deal.terms",
        Target::Card("deal", "terms", Kind::Text),
        "付款条件|交易条件|terms",
    ),
    (
        "card.deal.problems",
        Target::Card("deal", "problems", Kind::Text),
        "存在问题|problems",
    ),
];

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Customers,
    /// Of a record's customer it says only who it is.
    Records,
}

/// By what a record's customer is known.
const WHO: [&str; 5] = ["name", "phone", "birthday", "identity_number", "external_ref"];

impl Of {
    fn has(self, target: &str) -> bool {
        self == Of::Customers || WHO.contains(&target)
    }
}

/// Before the name of one of the chain's own fields.
const OWN: &str = "own.";

/// Every target with what it is called, the chain's own fields last.
pub(crate) fn all(own: &[FieldDefinition], of: Of) -> Vec<ImportTarget> {
    let known = KNOWN
        .iter()
        .filter(|(name, ..)| of.has(name))
        .map(|(name, _, headers)| ImportTarget {
            name: (*name).to_owned(),
            label: label(headers),
        });
    let own = own.iter().map(|field| ImportTarget {
        name: format!("{OWN}{}", field.name),
        label: field.label.clone(),
    });
    known.chain(own).collect()
}

/// The first header of each language.
fn label(headers: &str) -> Text {
    let first = |ascii: bool| headers.split('|').find(|header| header.is_ascii() == ascii);
    let english = first(true).unwrap_or_default();
    let (begin, rest) = english.split_at(english.len().min(1));
    let english = begin.to_uppercase() + rest;
    Text::new(first(false).unwrap_or(&english), &english)
}

/// The target of a name; None if there is none.
pub(super) fn find(name: &str, own: &[FieldDefinition], of: Of) -> Option<Target> {
    if let Some(name) = name.strip_prefix(OWN) {
        let field = own.iter().find(|field| field.name == name)?;
        return Some(Target::Own(field.clone()));
    }
    let (_, target, _) = KNOWN.iter().find(|(known, ..)| *known == name && of.has(known))?;
    Some(target.clone())
}

/// A header without case, blanks, colons, stars and what stands in brackets.
pub(crate) fn header(text: &str) -> String {
    let text = plain(text).to_lowercase();
    let text = text
        .split(['(', '（', '[', '【'])
        .next()
        .unwrap_or_default()
        .replace('_', " ");
    let words = text.split([' ', '\u{3000}', '\u{a0}', '\n', '\r', '\t', ':', '：', '*', '＊']);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    // Chinese headers are stretched with blanks: 姓 名.
    words.join(if text.is_ascii() { " " } else { "" })
}

/// The name of the target that a header means.
fn proposed(text: &str, own: &[FieldDefinition], of: Of) -> Option<String> {
    let text = header(text);
    if text.is_empty() {
        return None;
    }
    let same = |label: &str| header(label) == text;
    let field = own
        .iter()
        .find(|field| same(&field.label.zh) || same(&field.label.en) || same(&field.name));
    if let Some(field) = field {
        return Some(format!("{OWN}{}", field.name));
    }
    let mut known = KNOWN.iter().filter(|(name, ..)| of.has(name));
    let (name, ..) = known.find(|(_, _, headers)| headers.split('|').any(|one| one == text))?;
    Some((*name).to_owned())
}

/// Where the rows begin, what the columns are called, and what they may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proposal {
    pub header_rows: usize,
    pub titles: Vec<String>,
    pub targets: Vec<Option<String>>,
}

/// Rows among which headers are looked for.
const HEADERS: usize = 8;

/// What the cells of some rows say.
pub(super) fn texts(rows: &[Vec<Cell>], epoch: Epoch) -> Vec<Vec<String>> {
    let of_row = |row: &Vec<Cell>| row.iter().map(|cell| cell.text(epoch)).collect();
    rows.iter().map(of_row).collect()
}

/// The titles of the columns when so many rows are headers: the last line's, with the one above before it where that is
/// one of several it spans.
pub(super) fn titles(rows: &[Vec<String>], header_rows: usize) -> Vec<(String, String)> {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let text = |row: Option<&Vec<String>>, column: usize| {
        let cell = row.and_then(|row| row.get(column));
        cell.map_or_else(String::new, |text| plain(text))
    };
    let last = header_rows.checked_sub(1).and_then(|at| rows.get(at));
    let above = header_rows.checked_sub(2).and_then(|at| rows.get(at));
    let mut spanning = String::new();
    let title = |column| {
        let (upper, lower) = (text(above, column), text(last, column));
        if !upper.is_empty() {
            spanning.clone_from(&upper);
        }
        // A cell that spans several columns says its text in the first of them alone; one that spans rows, in each.
        let over = match lower.as_str() {
            "" => upper,
            same if same == upper => String::new(),
            _ => spanning.clone(),
        };
        (over, lower)
    };
    (0..width).map(title).collect()
}

/// What stands over the columns that the file of bad rows adds.
pub(super) const REASON: (&str, &str) = ("原因", "Reason");
pub(super) const MARK: (&str, &str) = ("导出标记", "Export");

/// Columns before those that a file of bad rows has added.
pub(super) fn own_width(titles: &[String]) -> usize {
    let added = |title: &String| [REASON.0, REASON.1, MARK.0, MARK.1].contains(&title.as_str());
    titles.len() - titles.iter().rev().take_while(|title| added(title)).count()
}

/// Looks for the headers: the first row in which at least half of what is written is known.
pub(super) fn propose(rows: &[Vec<Cell>], own: &[FieldDefinition], of: Of) -> Proposal {
    let known = |row: &Vec<Cell>| {
        let texts: Vec<String> = row
            .iter()
            .filter(|cell| !cell.is_empty())
            .map(|cell| cell.text(Epoch::Y1900))
            .collect();
        let hits = texts.iter().filter(|text| proposed(text, own, of).is_some()).count();
        (hits, texts.len())
    };
    let is_header = |row: &Vec<Cell>| {
        let (hits, all) = known(row);
        hits >= 2 || (hits == 1 && all <= 2)
    };
    let first = rows.iter().take(HEADERS).position(is_header);
    let header_rows = match first {
        Some(at) => {
            let words = |row: &Vec<Cell>| row.iter().all(|cell| matches!(cell, Cell::Empty | Cell::Text(_)));
            // A second line leaves places empty, or says again what spans both.
            let part = |row: &Vec<Cell>| {
                row.iter()
                    .zip(&rows[at])
                    .any(|(cell, over)| cell.is_empty() || cell == over)
            };
            let second = rows
                .get(at + 1)
                .is_some_and(|row| words(row) && known(row).0 > 0 && part(row));
            at + 1 + usize::from(second)
        }
        None => usize::from(rows.len() > 1),
    };
    let titles = titles(&texts(rows, Epoch::Y1900), header_rows);
    let targets = titles.iter().map(|(over, title)| {
        proposed(title, own, of)
            .or_else(|| proposed(&format!("{over}{title}"), own, of))
            .or_else(|| proposed(over, own, of))
    });
    Proposal {
        header_rows,
        targets: once(targets.collect()),
        titles: titles.iter().map(|(over, title)| shown(over, title)).collect(),
    }
}

/// A title with what spans it.
pub(super) fn shown(over: &str, title: &str) -> String {
    match (over, title) {
        ("", title) => title.to_owned(),
        (over, "") => over.to_owned(),
        (over, title) => format!("{over} / {title}"),
    }
}

/// Only phones may come from several columns.
fn once(mut targets: Vec<Option<String>>) -> Vec<Option<String>> {
    for at in 0..targets.len() {
        let (before, rest) = targets.split_at_mut(at);
        if rest[0].as_deref().is_some_and(|name| name != "phone") && before.contains(&rest[0]) {
            rest[0] = None;
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&str]) -> Vec<Vec<Cell>> {
        let cell = |text: &str| {
            if text.is_empty() {
                Cell::Empty
            } else {
                Cell::Text(text.into())
            }
        };
        lines.iter().map(|line| line.split(',').map(cell).collect()).collect()
    }

    fn targets(lines: &[&str]) -> (usize, Vec<String>) {
        let found = propose(&rows(lines), &[], Of::Customers);
        (
            found.header_rows,
            found.targets.into_iter().map(Option::unwrap_or_default).collect(),
        )
    }

    #[test]
    fn d_arc_13_headers_of_both_languages_are_known() {
        assert_eq!(
            targets(&["姓 名,手机号码（必填）,出生日期,备注", "王芳,13812345678,1990-05-01,x"]),
            (1, ["name", "phone", "birthday", ""].map(String::from).to_vec())
        );
        assert_eq!(
            targets(&["Customer ID,Full name,E-Mail,Gender"]),
            (
                1,
                ["external_ref", "name", "card.contact.mail", "card.person.sex"]
                    .map(String::from)
                    .to_vec()
            )
        );
    }

    #[test]
    fn d_arc_13_headers_of_two_lines_below_a_caption() {
        let lines = [
            "2025年会员名单,,,",
            "姓名,联系方式,,生日",
            ",手机,座机,",
            "王芳,13812345678,0755-26123456,1990-05-01",
        ];
        assert_eq!(
            targets(&lines),
            (3, ["name", "phone", "phone", "birthday"].map(String::from).to_vec())
        );
        let titles = propose(&rows(&lines), &[], Of::Customers).titles;
        assert_eq!(titles, ["姓名", "联系方式 / 手机", "联系方式 / 座机", "生日"]);
    }
}
