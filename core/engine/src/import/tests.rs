use super::bill::{ReturnBill, SaleBill};
use super::*;
use std::io::Write;

const HEADER: &str = "bill,member,code,quantity,price,coupon,at\n";

fn mapping() -> Mapping {
    Mapping::parse(MAPPING).unwrap()
}

const MAPPING: &str = r#"
[file]
[time]
column = "at"
format = "%d.%m.%Y %H:%M"
zone = "Europe/London"
[chain]
code = "c"
name = "C"
currency = "GBP"
time_zone = "Europe/London"
[store]
code = "one"
name = "One"
time_zone = "Europe/London"
[member]
column = "member"
name = "Member {}"
card_seed = "c"
[bill]
column = "bill"
source = "import"
[line]
sku = "code"
default_category = "goods"
category_of = [{ column = "code", values = ["POST"], category = "fees" }]
quantity = "quantity"
amount = { add = ["price"], subtract = ["coupon"] }
list_amount = { add = ["price"] }
[cancellation]
prefix = "C"
price = "price"
[program]
code = "p"
plugin = "retail"
name = { zh = "积分", en = "Points" }
plugin_config = {}
ladder = { months = 12, steps = [] }
"#;

fn steps(rows: &str) -> Vec<Step> {
    let mut file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    write!(file, "\u{feff}{HEADER}{rows}").unwrap();
    let mapping = mapping();
    let (mut plan, survey) = Plan::open(file.path(), &mapping).unwrap();
    let mut steps = Vec::new();
    while let Some(step) = plan.next_step().unwrap() {
        steps.push(step);
    }
    assert_eq!(
        (survey.rows, plan.rows_read),
        (rows.lines().count() as u64, survey.rows)
    );
    steps
}

fn sale(rows: &str) -> SaleBill {
    match steps(rows).as_slice() {
        [Step::Sale(sale)] => sale.clone(),
        other => panic!("{other:?}"),
    }
}

fn bad(rows: &str) -> Vec<(u64, Reason)> {
    let bad = |step| match step {
        Step::Bad(row) => Some((row.line, row.reason)),
        Step::Sale(_) | Step::Return(_) => None,
    };
    steps(rows).into_iter().filter_map(bad).collect()
}

fn returns(rows: &str) -> Vec<ReturnBill> {
    let back = |step| match step {
        Step::Return(bill) => Some(bill),
        Step::Sale(_) | Step::Bad(_) => None,
    };
    steps(rows).into_iter().filter_map(back).collect()
}

#[test]
fn rows_that_stand_together_are_one_bill() {
    let sale = sale("7,ann,tea,2,2.50,0,1.7.2020 08:05\n7,ann,POST,1,3,0.5,1.7.2020 08:06\n");
    assert_eq!(
        (sale.receipt.as_str(), sale.member.as_str(), sale.store.as_str()),
        ("7", "ann", "one")
    );
    assert_eq!(sale.at.to_string(), "2020-07-01T07:05:00Z");
    assert_eq!(sale.total, 500);
    let lines: Vec<_> = sale
        .lines
        .iter()
        .map(|l| (l.category.as_str(), l.quantity, l.amount, l.list_amount))
        .collect();
    assert_eq!(lines, [("goods", 2000, 250, 250), ("fees", 1000, 250, 300)]);
}

#[test]
fn a_coupon_above_its_line_is_carried_by_the_others_and_never_below_zero() {
    let amounts = |sale: SaleBill| (sale.total, sale.lines.iter().map(|l| l.amount).collect::<Vec<_>>());
    let with = |coupon| {
        sale(&format!(
            "7,,tea,1,1.00,0,1.7.2020 8:05\n7,,jam,1,2,0,1.7.2020 8:05\n7,,off,0,0,{coupon},1.7.2020 8:05\n"
        ))
    };
    assert_eq!(amounts(with("0.10")), (290, vec![97, 193, 0]));
    assert_eq!(amounts(with("3")), (0, vec![0, 0, 0]));
    assert_eq!(amounts(with("5")), (0, vec![0, 0, 0]));
    assert_eq!(with("1").lines[2].quantity, 1);
}

#[test]
fn fractions_of_a_cent_are_summed_before_they_are_rounded() {
    let sale = sale("7,,tea,1,0.004,0,1.7.2020 8:05\n7,,jam,1,0.004,0,1.7.2020 8:05\n7,,nut,1,0.004,0,1.7.2020 8:05\n");
    assert_eq!(
        (
            sale.total,
            sale.lines[0].amount,
            sale.lines[0].list_amount,
            sale.lines[1].amount
        ),
        (1, 1, 1, 0)
    );
}

#[test]
fn bad_rows_are_named_with_their_line() {
    let rows = "1,ann,tea,1,1,0,1.7.2020 8:05\n\
        1,bob,tea,1,1,0,1.7.2020 8:05\n\
        2,ann,tea,-1,1,0,1.7.2020 8:05\n\
        3,ann,tea,1,1.x,0,1.7.2020 8:05\n\
        4,ann,tea,1,1,0,31.2.2020 8:05\n\
        5,ann,,1,1,0,1.7.2020 8:05\n\
        6,ann,tea,1,1,0\n\
        8,ann,tea,1,1,0,1.7.2020 8:05\n\
        1,ann,tea,1,1,0,1.7.2020 8:06\n\
        C9,ann,tea,1,1,0,1.7.2020 9:05\n\
        C9,ann,tea,-1,9,0,1.7.2020 9:05\n";
    use Reason::*;
    let expected = [
        (3, MixedBill),
        (4, Negative),
        (5, NotANumber),
        (6, NotATime),
        (7, Missing),
        (8, WrongColumns),
        (10, SplitBill),
        (11, NotNegative),
        (12, NoOriginal),
    ];
    let mut found = bad(rows);
    found.sort_by_key(|(line, _)| *line);
    assert_eq!(found, expected);
}

#[test]
fn a_cancellation_takes_the_latest_earlier_purchase_first() {
    let rows = "1,ann,tea,4,2,0,1.7.2020 8:00\n\
        2,ann,tea,3,2.00,0,2.7.2020 8:00\n\
        3,bob,tea,9,2,0,2.7.2020 9:00\n\
        4,ann,tea,9,3,0,2.7.2020 9:00\n\
        C5,ann,tea,-2,2,0,3.7.2020 8:00\n\
        C6,ann,tea,-1,2,0,4.7.2020 8:00\n\
        C6,ann,tea,-2,2,0,4.7.2020 8:00\n\
        7,ann,tea,5,2,0,5.7.2020 8:00\n";
    let found: Vec<_> = returns(rows)
        .into_iter()
        .map(|r| (r.receipt, r.original.receipt, r.lines))
        .collect();
    let expected = [
        ("C5", "2", vec![(1, 2000)]),
        ("C6", "2", vec![(1, 1000)]),
        ("C6/2", "1", vec![(1, 2000)]),
    ];
    assert_eq!(found, expected.map(|(c, o, l)| (c.to_owned(), o.to_owned(), l)));
    assert_eq!(bad(rows), []);
}

#[test]
fn what_no_purchase_covers_is_listed_and_the_rest_returned() {
    let rows = "1,ann,tea,4,2,0,1.7.2020 8:00\n\
        2,,tea,4,2,0,1.7.2020 8:00\n\
        C3,ann,tea,-5,2,0,1.7.2020 8:00\n\
        C4,ann,tea,-1,2,0,1.7.2020 8:00\n\
        C5,,tea,-1,2,0,1.7.2020 8:00\n";
    assert_eq!(
        returns(rows).iter().map(|r| r.lines.clone()).collect::<Vec<_>>(),
        [[(1, 4000)]]
    );
    assert_eq!(
        bad(rows),
        [
            (4, Reason::NoOriginal),
            (5, Reason::NoOriginal),
            (6, Reason::NoOriginal)
        ]
    );
}

#[test]
fn a_wrong_mapping_is_refused_by_name() {
    let wrong = |from: &str, to: &str| Mapping::parse(&MAPPING.replace(from, to)).unwrap_err().to_string();
    assert!(wrong("%d.%m.%Y", "%d.%m").contains("time.format: %Y is missing"));
    assert!(wrong("zone = \"Europe/London\"", "zone = \"Europe/Nowhere\"").contains("zone"));
    assert!(wrong("subtract = [\"coupon\"]", "multiply = [\"coupon\"]").contains("line.amount"));
    assert!(wrong("code = \"one\"", "").contains("store"));
    assert!(wrong("[file]", "[file]\nquote = 1").contains("quote"));
}

#[test]
fn packed_files_are_read_and_missing_columns_named() {
    let mut file = tempfile::NamedTempFile::with_suffix(".csv.xz").unwrap();
    let mut packer = liblzma::write::XzEncoder::new(&mut file, 1);
    writeln!(packer, "{HEADER}7,ann,tea,1,1,0,1.7.2020 8:05").unwrap();
    packer.finish().unwrap();
    let mapping = mapping();
    let (mut plan, survey) = Plan::open(file.path(), &mapping).unwrap();
    assert!(matches!(plan.next_step().unwrap(), Some(Step::Sale(_))));
    assert_eq!(
        (survey.rows, survey.since.unwrap().to_string().as_str()),
        (1, "2020-07-01T07:05:00Z")
    );
    let other = Mapping::parse(&MAPPING.replace("sku = \"code\"", "sku = \"article\"")).unwrap();
    let error = Plan::open(file.path(), &other).err().unwrap();
    assert_eq!(error.to_string(), "mapping: the file has no column `article`");
}

#[test]
fn i5_who_stands_for_nobody_gets_no_membership() {
    for nobody in ["无", "-", "0", ""] {
        let sale = sale(&format!("7,{nobody},tea,1,1,0,1.7.2020 8:05\n"));
        assert_eq!(sale.member, "", "{nobody:?}");
    }
}

#[test]
fn i3_a_spoilt_key_is_listed_and_not_booked() {
    let rows = "1,1.38123E+10,tea,1,1,0,1.7.2020 8:05\n2.1E+12,ann,tea,1,1,0,1.7.2020 8:05\n";
    assert_eq!(bad(rows), [(2, Reason::Spoilt), (3, Reason::Spoilt)]);
    assert_eq!(steps(rows).len(), 2, "nothing else comes of them");
}
