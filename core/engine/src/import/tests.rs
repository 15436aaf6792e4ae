use super::bill::{ReturnBill, SaleBill};
use super::*;
use sha2::Digest;
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

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    write!(file, "\u{feff}{text}").unwrap();
    file
}

fn steps_of(mapping: &str, text: &str) -> Vec<Step> {
    let (file, mapping) = (file(text), Mapping::parse(mapping).unwrap());
    let (mut plan, survey) = Plan::open(file.path(), &mapping).unwrap();
    let mut steps = Vec::new();
    while let Some(step) = plan.next_step().unwrap() {
        steps.push(step);
    }
    assert_eq!(plan.rows_read(), survey.rows);
    let whole: [u8; 32] = sha2::Sha256::digest(std::fs::read(file.path()).unwrap()).into();
    assert_eq!(survey.hash, whole, "hashed while it was read");
    steps
}

fn steps(rows: &str) -> Vec<Step> {
    steps_of(MAPPING, &format!("{HEADER}{rows}"))
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
fn i1_bad_rows_are_named_with_their_line_and_hold_their_bill_back() {
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
        C9,ann,tea,-1,9,0,1.7.2020 9:05\n\
        C10,ann,tea,-1,9,0,1.7.2020 9:05\n\
        11,ann,tea,1,1,0,1.7.2020 8:05\n\
        11,ann,tea,1,\"1,000.00\",0,1.7.2020 8:05\n\
        12,ann,tea,1,1,0,1.7.2020 8:05\n\
        13,ann,a-sku-of-more-than-sixty-four-characters-is-nothing-the-ledger-takes,1,1,0,1.7.2020 8:05\n";
    use Reason::*;
    let expected = [
        (2, SplitBill),
        (3, MixedBill),
        (4, Negative),
        (5, NotANumber),
        (6, NotATime),
        (7, Missing),
        (8, WrongColumns),
        (10, SplitBill),
        (11, NotNegative),
        (12, HeldBack),
        (13, NoOriginal),
        (14, HeldBack),
        (15, NotANumber),
        (17, Unfit),
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
fn i1_a_cancellation_that_no_purchase_covers_is_held_back_whole() {
    let rows = "1,ann,tea,4,2,0,1.7.2020 8:00\n\
        2,,tea,4,2,0,1.7.2020 8:00\n\
        C3,ann,tea,-5,2,0,1.7.2020 8:00\n\
        C3,ann,tea,-1,2,0,1.7.2020 8:00\n\
        C4,ann,tea,-1,2,0,1.7.2020 8:00\n\
        C5,,tea,-1,2,0,1.7.2020 8:00\n";
    let found = returns(rows);
    let taken: Vec<_> = found.iter().map(|r| (r.receipt.as_str(), r.lines.clone())).collect();
    assert_eq!(
        taken,
        [("C4", vec![(1, 1000)])],
        "what C3 could not take is still there"
    );
    assert_eq!(
        bad(rows),
        [(4, Reason::NoOriginal), (5, Reason::HeldBack), (7, Reason::NoOriginal)]
    );
}

#[test]
fn i1_a_cancellation_waits_for_a_purchase_that_is_held_back() {
    let rows = "1,ann,tea,1,2,0,1.7.2020 8:00\n\
        2,ann,tea,1,2,0,2.7.2020 8:00\n\
        2,ann,jam,1,x,0,2.7.2020 8:00\n\
        C3,ann,tea,-1,2,0,3.7.2020 8:00\n";
    assert_eq!(returns(rows), []);
    let expected = [(4, Reason::NotANumber), (3, Reason::HeldBack), (5, Reason::NoOriginal)];
    assert_eq!(bad(rows), expected);
}

#[test]
fn i1_a_bill_in_parts_is_held_back_from_its_first_part_on() {
    let rows = "1,ann,tea,1,1,0,1.7.2020 8:00\n\
        2,bob,tea,1,1,0,1.7.2020 8:00\n\
        1,ann,tea,1,1,0,1.7.2020 8:00\n\
        1,ann,tea,1,1,0,2.7.2020 8:00\n\
        3,ann,tea,1,1,0,2.7.2020 8:00\n\
        2,bob,tea,1,1,0,soon\n";
    // The number is given again a day later: rows that stand together are one bill, by the day of the first.
    let bad = bad(rows);
    let lines: Vec<_> = bad.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 7]);
    assert!(
        bad[..4].iter().all(|(_, reason)| *reason == Reason::SplitBill),
        "{bad:?}"
    );
    let daily = "1,ann,tea,1,1,0,1.7.2020 8:00\n2,bob,tea,1,1,0,1.7.2020 8:00\n1,ann,tea,1,1,0,2.7.2020 8:00\n";
    assert_eq!(steps(daily).len(), 3, "numbers that begin anew each day");
}

#[test]
fn i1_a_row_that_may_belong_to_either_neighbour_holds_both_back() {
    let moved = MAPPING
        .replace("column = \"bill\"", "column = \"code\"")
        .replace("sku = \"code\"", "sku = \"bill\"");
    let held = |rows: &str| {
        let steps = steps_of(&moved, &format!("{HEADER}{rows}"));
        let line = |step: &Step| match step {
            Step::Bad(row) if row.reason == Reason::HeldBack => Some(row.line),
            _ => None,
        };
        steps.iter().filter_map(line).collect::<Vec<_>>()
    };
    let row = |bill: &str| format!("tea,ann,{bill},1,1,0,1.7.2020 8:05\n");
    let (one, two, empty) = (row("1"), row("2"), row(""));
    assert_eq!(held(&format!("{one}{empty}{two}")), [2, 4]);
    assert_eq!(
        held(&format!("{one}{empty}{one}{two}")),
        [2, 4],
        "within a bill it is that bill's"
    );
    let short = "tea,ann,2,1,1,0\n";
    assert_eq!(
        held(&format!("{one}{short}{two}")),
        [4],
        "it seems to be the next one's, and there is such"
    );
    assert_eq!(held(&format!("{two}{short}{one}")), [2]);
    assert_eq!(held(&format!("{one}{short}")), [2]);
}

#[test]
fn i7_columns_by_position_blanks_constants_and_the_row_as_number() {
    const CDNOW: &str = " 00001 19970101  1   11.77\n\n 00002 19970112  1   12.00\r\n00002\t19970112 5   77.00\n00003 19970102 x 1.00\n 4 5\n";
    let mapping = MAPPING
        .replace("[file]", "[file]\ndelimiter = \"whitespace\"\nheader = false")
        .replace("column = \"at\"", "column = 2")
        .replace("%d.%m.%Y %H:%M", "%Y%m%d")
        .replace("column = \"member\"", "column = 1")
        .replace("column = \"bill\"", "column = \"row\"")
        .replace("sku = \"code\"", "sku = { constant = \"cd\" }")
        .replace("{ column = \"code\"", "{ column = { constant = \"cd\" }")
        .replace("quantity = \"quantity\"", "quantity = 3")
        .replace("{ add = [\"price\"], subtract = [\"coupon\"] }", "{ add = [4] }")
        .replace("{ add = [\"price\"] }", "{ add = [4] }")
        .replace("[cancellation]\nprefix = \"C\"\nprice = \"price\"\n", "");
    let steps = steps_of(&mapping, CDNOW);
    let sale = |step: &Step| match step {
        Step::Sale(sale) => Ok((
            sale.receipt.clone(),
            sale.member.clone(),
            sale.total,
            sale.lines[0].sku.clone(),
            sale.lines[0].quantity,
        )),
        Step::Bad(row) => Err((row.line, row.reason)),
        Step::Return(_) => panic!("{step:?}"),
    };
    let sold = |receipt: &str, member: &str, total, quantity| {
        Ok((receipt.to_owned(), member.to_owned(), total, "cd".to_owned(), quantity))
    };
    let expected = [
        sold("1", "00001", 11_77, 1000),
        sold("2", "00002", 12_00, 1000),
        sold("3", "00002", 77_00, 5000),
        Err((5, Reason::NotANumber)),
        Err((6, Reason::WrongColumns)),
    ];
    assert_eq!(steps.iter().map(sale).collect::<Vec<_>>(), expected);
    let refused = |from: &str, to: &str| {
        let mapping = Mapping::parse(&mapping.replace(from, to)).unwrap();
        let file = file(CDNOW);
        Plan::open(file.path(), &mapping).err().unwrap().to_string()
    };
    assert!(refused("quantity = 3", "quantity = 5").contains("4 columns and no column 5"));
    assert!(refused("quantity = 3", "quantity = \"pieces\"").contains("`pieces` must be a position"));
    assert!(refused("delimiter = \"whitespace\"", "delimiter = \"|\"").contains("no column"));
}

#[test]
fn i6_a_mapping_that_contradicts_iso_4217_is_refused() {
    let with = |currency: &str, more: &str| {
        let text = MAPPING.replace("currency = \"GBP\"", &format!("currency = \"{currency}\"\n{more}"));
        Mapping::parse(&text)
            .map(|mapping| mapping.chain.digits)
            .map_err(|e| e.to_string())
    };
    assert_eq!(with("JPY", ""), Ok(0));
    assert_eq!(with("KWD", "minor_units = 3"), Ok(3));
    assert_eq!(
        with("KWD", "minor_units = 2").unwrap_err(),
        "mapping: chain.minor_units: KWD has 3 in ISO 4217, not 2; the line may be left out"
    );
    assert!(with("YEN", "").unwrap_err().contains("YEN is not in ISO 4217"));
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
