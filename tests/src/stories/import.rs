//! Real sales come in: the figures are computed a second time, straight from the files, and must agree.

use crate::harness::process::{self, Process};
use crate::harness::{Backend, Site, peers, wait};
use cardea_domain::id::ChainId;
use cardea_engine::archive::CustomerQuery;
use cardea_engine::import::{self, BadRow, Finish, Mapping, Options, Watch};
use cardea_engine::{Actor, Engine, PageArgs};
use libtest_mimic::{Completion, Failed, Trial};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const BASKETS: &str = "retail_baskets";
const INVOICES: &str = "online_retail";

pub fn tests() -> Vec<Trial> {
    type Test = fn(&Path, Backend) -> Result<(), Failed>;
    let all: [(&str, &str, Test); 5] = [
        (
            "baskets_come_in_and_households_agree",
            "retail_baskets.csv.xz",
            baskets_come_in,
        ),
        (
            "interrupted_and_resumed_gives_the_same_books",
            "retail_baskets.csv.xz",
            interrupted_and_resumed,
        ),
        (
            "five_customers_returns_agree",
            "online_retail_first10k.csv.xz",
            five_customers_returns_agree,
        ),
        (
            "imported_twice_nothing_counts_twice",
            "online_retail_first10k.csv.xz",
            imported_twice,
        ),
        (
            "a_dry_run_lists_every_bad_row_and_books_nothing",
            "online_retail_first10k.csv.xz",
            a_dry_run,
        ),
    ];
    let on = |backend: Backend| {
        all.into_iter().map(move |(name, file, test)| {
            backend.trial(&format!("import::{name}"), move || {
                let Some(file) = data(file) else {
                    return peers::missing("the folder with real sales (CARDEA_DATA_DIR) is missing");
                };
                test(&file, backend)?;
                Ok(Completion::Completed)
            })
        })
    };
    let every = Backend::Sqlite.trial("import::every_basket_comes_in_and_ten_households_agree", || {
        let Some(program) = std::env::var_os("CARDEA_TEST_PROGRAM") else {
            return peers::missing("the program as it is shipped (CARDEA_TEST_PROGRAM) is missing");
        };
        let Some(file) = data("retail_baskets.csv.xz") else {
            return peers::missing("the folder with real sales (CARDEA_DATA_DIR) is missing");
        };
        every_basket_comes_in(&file, Path::new(&program));
        Ok(Completion::Completed)
    });
    let all = Backend::ALL.iter().copied().flat_map(on);
    all.chain([every]).collect()
}

/// A file of real sales: in `CARDEA_DATA_DIR`, or beside the checkout.
pub(super) fn data(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("CARDEA_DATA_DIR").map_or_else(beside, PathBuf::from);
    Some(folder.join(name)).filter(|file| file.is_file())
}

// --- importing

pub(super) fn mapping(name: &str) -> Mapping {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../web/mappings/{name}.toml"));
    Mapping::parse(&std::fs::read_to_string(file).expect("the mapping")).expect("a valid mapping")
}

/// Stops an import once so many rows are read, and keeps what was bad.
pub(super) struct Until {
    row: u64,
    bad: Vec<BadRow>,
}

impl Until {
    pub(super) fn row(row: u64) -> Self {
        Self { row, bad: Vec::new() }
    }
}

impl Watch for Until {
    fn starts(&mut self, _rows: u64) {}

    fn goes_on(&mut self, rows: u64) -> bool {
        rows < self.row
    }

    fn bad(&mut self, row: &BadRow) {
        self.bad.push(row.clone());
    }
}

pub(super) fn import(site: &Site, file: &Path, mapping: &Mapping, until: u64, from_start: bool) -> Finish {
    let (engine, mut watch) = (site.open(), Until::row(until));
    let options = Options {
        from_start,
        ..Options::default()
    };
    wait(import::run(&engine, file, mapping, &options, &mut watch)).expect("the import runs")
}

/// The fingerprint of clean books.
pub(super) fn fingerprint(site: &Site) -> String {
    let report = site.open().verify().expect("the books can be read");
    assert_eq!(report.problems, Vec::<String>::new());
    assert!(report.entries > 0);
    report.hash
}

/// What every member has, by the file's key.
pub(super) fn points(site: &Site, chain: &str) -> BTreeMap<String, i64> {
    let engine = site.open();
    let chain = chain_of(&engine, chain);
    let (actor, mut found, mut after) = (Actor::system(chain), BTreeMap::new(), None);
    loop {
        let page = CustomerQuery {
            limit: Some(200),
            after: after.clone(),
            ..CustomerQuery::default()
        };
        let customers = engine.customers(&actor, &page).expect("a page of customers");
        for customer in customers.items {
            let memberships = engine
                .memberships(&actor, Some(customer.id), &PageArgs::default())
                .expect("memberships");
            let balances: Vec<i64> = memberships
                .items
                .iter()
                .flat_map(|m| &m.balances)
                .map(|b| b.available)
                .collect();
            assert!(memberships.items.len() == 1 && balances.len() <= 1, "{balances:?}");
            found.insert(
                customer.external_ref.expect("the file's key"),
                balances.first().copied().unwrap_or(0),
            );
        }
        after = customers.next;
        if after.is_none() {
            return found;
        }
    }
}

pub(super) fn chain_of(engine: &Engine, code: &str) -> ChainId {
    import::chain(engine, code)
        .expect("the chains can be read")
        .expect("the chain was created")
}

// --- the second computation: no mapping, no decimals, only what the files say

pub(super) fn rows(file: &Path, delimiter: u8) -> Vec<Fields> {
    let packed = std::fs::File::open(file).expect("the file");
    let unpacked: Box<dyn std::io::Read> = match file.extension() {
        Some(end) if end == "xz" => Box::new(liblzma::read::XzDecoder::new(packed)),
        _ => Box::new(packed),
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(unpacked);
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// Cents of a number with at most two decimals; the one number like `4e-16` is nothing.
fn cents(text: &str) -> i64 {
    if text.contains('e') {
        return 0;
    }
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let two: String = fraction.chars().chain("00".chars()).take(2).collect();
    assert!(fraction.len() <= 2, "{text}");
    let magnitude =
        whole.trim_start_matches('-').parse::<i64>().expect("units") * 100 + two.parse::<i64>().expect("cents");
    if whole.starts_with('-') { -magnitude } else { magnitude }
}

/// One point per whole unit of each basket.
fn household_points(file: &Path) -> (usize, BTreeMap<String, i64>) {
    let mut baskets: BTreeMap<String, (String, i64)> = BTreeMap::new();
    for row in rows(file, b',') {
        let basket = baskets
            .entry(row["basket_id"].clone())
            .or_insert((row["household_id"].clone(), 0));
        basket.1 += cents(&row["sales_value"]) - cents(&row["coupon_disc"]);
    }
    let mut points = BTreeMap::new();
    for (household, paid) in baskets.values() {
        *points.entry(household.clone()).or_default() += (*paid).max(0) / 100;
    }
    (baskets.len(), points)
}

type Fields = BTreeMap<String, String>;

/// What the row at `at` takes back, by row, from purchases before it of which `left` pieces are left; None if that isn't
/// all of it.
fn takes(all: &[Fields], at: usize, left: &[i64]) -> Option<Vec<(usize, i64)>> {
    let row = &all[at];
    let (mut missing, mut taken) = (-left[at], Vec::new());
    for earlier in (0..at).rev() {
        let same = ["CustomerID", "StockCode", "UnitPrice"]
            .iter()
            .all(|column| all[earlier][*column] == row[*column]);
        let pieces = missing.min(left[earlier]);
        if same && !row["CustomerID"].is_empty() && !all[earlier]["InvoiceNo"].starts_with('C') && pieces > 0 {
            taken.push((earlier, pieces));
            missing -= pieces;
        }
    }
    (missing == 0).then_some(taken)
}

/// Per invoice the customer and what counts of it, cents; a cancellation lowers the invoice that it takes from, but only
/// if all of its rows find what they take back. No invoice with a row below 0 has others.
fn customer_points(file: &Path) -> (BTreeMap<String, i64>, BTreeSet<String>) {
    // In this file exactly the goods have codes that begin with a digit.
    let goods = |code: &str| code.starts_with(|c: char| c.is_ascii_digit());
    let all = rows(file, b';');
    let mut left: Vec<i64> = all.iter().map(|row| row["Quantity"].parse().expect("pieces")).collect();
    let mut returned = BTreeSet::new();
    let cancellations = all
        .iter()
        .enumerate()
        .filter(|(_, row)| row["InvoiceNo"].starts_with('C'));
    let numbers: Vec<usize> = cancellations.map(|(at, _)| at).collect();
    for invoice in numbers.chunk_by(|a, b| all[*a]["InvoiceNo"] == all[*b]["InvoiceNo"]) {
        let mut trial = left.clone();
        let whole = invoice.iter().all(|at| {
            let taken = takes(&all, *at, &trial);
            taken
                .iter()
                .flatten()
                .for_each(|(earlier, pieces)| trial[*earlier] -= pieces);
            taken.is_some()
        });
        if whole {
            left = trial;
            returned.insert(all[invoice[0]]["CustomerID"].clone());
        }
    }
    let mut invoices: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (row, left) in all
        .iter()
        .zip(left)
        .filter(|(row, left)| !row["InvoiceNo"].starts_with('C') && *left >= 0)
    {
        let paid = invoices
            .entry((row["CustomerID"].clone(), row["InvoiceNo"].clone()))
            .or_default();
        *paid += if goods(&row["StockCode"]) {
            left * cents(&row["UnitPrice"])
        } else {
            0
        };
    }
    let mut points = BTreeMap::new();
    for ((customer, _), paid) in invoices.into_iter().filter(|((customer, _), _)| !customer.is_empty()) {
        *points.entry(customer).or_default() += paid / 100;
    }
    (points, returned)
}

// --- stories

fn baskets_come_in(file: &Path, backend: Backend) -> Result<(), Failed> {
    let site = &Site::new(backend);
    let short = beginning(file, site.folder(), 5000);
    let finish = import(site, &short, &mapping(BASKETS), u64::MAX, false);
    let report = &finish.report;
    assert!(finish.complete && report.bad.is_empty(), "{report:?}");
    let (baskets, expected) = household_points(&short);
    assert_eq!((report.sales, report.returns), (baskets as u64, 0));
    assert_eq!(report.members, expected.len() as u64);
    assert_eq!(report.points_earned, expected.values().sum::<i64>());
    assert_eq!(points(site, "complete-journey"), expected);
    fingerprint(site);
    Ok(())
}

/// All of them, by the program as it is shipped: a development build takes minutes for it.
fn every_basket_comes_in(file: &Path, program: &Path) {
    let site = &Site::new(Backend::Sqlite);
    let file_name = file.to_str().expect("a path in UTF-8");
    let arguments = ["import", "sales", file_name, "--mapping", BASKETS];
    let mut process = Process::start(process::program(program, site.folder(), &arguments));
    let (status, told) = (process.wait_at_most(Duration::from_secs(600)), &process.seen);
    assert!(status.success(), "{told:#?}");
    let (baskets, expected) = household_points(file);
    // One basket of the 47 243, over 0.00, came out of a spreadsheet's hands as 4.0128e+10.
    assert_eq!(baskets, 47_243);
    let earned: i64 = expected.values().sum();
    let summary = format!("47242 sales, 0 returns, 2377 memberships; {earned} points earned, 0 taken back");
    for line in [summary.as_str(), "1 bad rows", "  spoilt_by_spreadsheet: 1"] {
        assert!(told.iter().any(|told| told == line), "{line:?} in {told:#?}");
    }
    let found = points(site, "complete-journey");
    for household in expected.keys().step_by(237).take(10) {
        assert_eq!(found[household], expected[household], "household {household}");
    }
    assert_eq!(found, expected);
    fingerprint(site);
}

/// The first rows of a file, unpacked; the last basket is whole.
fn beginning(file: &Path, folder: &Path, rows: usize) -> PathBuf {
    let unpacked = BufReader::new(liblzma::read::XzDecoder::new(
        std::fs::File::open(file).expect("the file"),
    ));
    let short = folder.join(format!("beginning-{rows}.csv"));
    let mut writer = std::fs::File::create(&short).expect("a file");
    let mut last = String::new();
    for (number, line) in unpacked.lines().enumerate() {
        let line = line.expect("a line");
        let basket = line.split(',').next().expect("a basket").to_owned();
        if number > rows && basket != last {
            break;
        }
        writeln!(writer, "{line}").expect("written");
        last = basket;
    }
    short
}

fn interrupted_and_resumed(file: &Path, backend: Backend) -> Result<(), Failed> {
    let [whole, parts] = [Site::new(backend), Site::new(backend)];
    let (mapping, short) = (mapping(BASKETS), beginning(file, whole.folder(), 3000));
    let once = import(&whole, &short, &mapping, u64::MAX, false);
    let first = import(&parts, &short, &mapping, 1000, false);
    assert!(!first.complete && first.sent < once.sent, "{:?}", first.report);
    let second = import(&parts, &short, &mapping, 2000, false);
    let last = import(&parts, &short, &mapping, u64::MAX, false);
    assert!(last.complete);
    assert_eq!(first.sent + second.sent + last.sent, once.sent);
    assert_eq!(last.report, once.report);
    assert_eq!(fingerprint(&parts), fingerprint(&whole));
    // A longer file that begins with the same bills adds only what is new.
    let longer = import(
        &parts,
        &beginning(file, whole.folder(), 3500),
        &mapping,
        u64::MAX,
        false,
    );
    assert_eq!(longer.report.repeated, once.report.sales);
    assert!(
        longer.report.sales > once.report.sales && longer.report.bad.is_empty(),
        "{:?}",
        longer.report
    );
    fingerprint(&parts);
    if backend != Backend::Sqlite {
        let embedded = Site::new(Backend::Sqlite);
        import(&embedded, &short, &mapping, u64::MAX, false);
        assert_eq!(
            fingerprint(&embedded),
            fingerprint(&whole),
            "the same books on both databases"
        );
    }
    Ok(())
}

fn five_customers_returns_agree(file: &Path, backend: Backend) -> Result<(), Failed> {
    let site = &Site::new(backend);
    let finish = import(site, file, &mapping(INVOICES), u64::MAX, false);
    let report = &finish.report;
    let bad: Vec<_> = report
        .bad
        .iter()
        .map(|(reason, rows)| (reason.to_string(), *rows))
        .collect();
    let expected = [("negative", 30), ("no_original", 90), ("held_back", 2)];
    assert_eq!(bad, expected.map(|(reason, rows)| (reason.to_owned(), rows)));
    assert_eq!((report.sales, report.returns), (439, 7));
    let (expected, returned) = customer_points(file);
    let found = points(site, "online-retail");
    assert_eq!(found, expected);
    assert!(returned.len() >= 5, "{returned:?}");
    assert_eq!(
        report.points_earned - report.points_taken_back,
        expected.values().sum::<i64>()
    );
    assert!(report.points_taken_back > 0);
    fingerprint(site);
    Ok(())
}

fn imported_twice(file: &Path, backend: Backend) -> Result<(), Failed> {
    let site = &Site::new(backend);
    let mapping = mapping(INVOICES);
    let first = import(site, file, &mapping, u64::MAX, false);
    let (before, books) = (points(site, "online-retail"), fingerprint(site));
    let again = import(site, file, &mapping, u64::MAX, false);
    assert_eq!((again.sent, again.complete, &again.report), (0, true, &first.report));
    // Even without the note that it was done, the bills' own keys keep them from counting again.
    let forced = import(site, file, &mapping, u64::MAX, true);
    assert_eq!(
        (forced.sent, forced.report.repeated, forced.report.members),
        (first.sent, first.sent, 0)
    );
    assert_eq!((points(site, "online-retail"), fingerprint(site)), (before, books));
    Ok(())
}

fn a_dry_run(file: &Path, backend: Backend) -> Result<(), Failed> {
    let site = &Site::new(backend);
    let file = file.to_str().expect("a path in UTF-8");
    let arguments = ["import", "sales", file, "--mapping", INVOICES, "--dry-run"];
    let mut process = Process::start(site.cardea(&arguments));
    assert!(process.wait().success(), "{}", process.seen.join("\n"));
    let listed = |reason: &str| {
        process
            .seen
            .iter()
            .filter(|line| line.starts_with("line ") && line.contains(reason))
            .count()
    };
    let count = [": negative (", ": no_original (", ": held_back ("].map(listed);
    assert_eq!(count, [30, 90, 2]);
    let seen = process.seen.join("\n");
    assert!(seen.contains("line 2408, 536589: negative (Quantity -10)"), "{seen}");
    assert!(
        seen.contains("439 sales of 9870 lines") && seen.contains("Nothing was booked."),
        "{seen}"
    );
    assert!(
        !site.folder().join("cardea-data").exists(),
        "a dry run leaves no database"
    );
    Ok(())
}
