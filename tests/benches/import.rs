//! Whether tills feel an import.

use super::figures::{length, millis, report};
use super::shop::Shop;
use cardea_engine::import::{self, BadRow, Mapping, Options, Watch};
use cardea_tests::harness::{Backend, wait};
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const TILLS: usize = 16;
/// Between two sales of a till.
const PAUSE: Duration = Duration::from_millis(50);
/// More than an import gets done meanwhile.
const BASKETS: usize = 200_000;

/// Runs until the tills have sold.
struct Until<'a>(&'a AtomicBool);

impl Watch for Until<'_> {
    fn starts(&mut self, _rows: u64) {}

    fn goes_on(&mut self, _rows: u64) -> bool {
        !self.0.load(Ordering::Relaxed)
    }

    fn bad(&mut self, row: &BadRow) {
        panic!("{row:?}");
    }
}

pub fn measure() {
    let shop = Shop::open(Backend::Sqlite, None);
    let alone = shop.sell(TILLS, length(), PAUSE);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("baskets.csv");
    std::fs::write(&file, baskets()).expect("the file");
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/mappings/retail_baskets.toml");
    let mapping = Mapping::parse(&std::fs::read_to_string(mapping).expect("the mapping")).expect("a valid mapping");
    let sold = AtomicBool::new(false);
    let (beside, imported) = std::thread::scope(|scope| {
        let engine = shop.app.server().engine();
        let (file, mapping, sold) = (&file, &mapping, &sold);
        let importing = scope.spawn(move || {
            let finish = wait(import::run(
                engine,
                file,
                mapping,
                &Options::default(),
                &mut Until(sold),
            ));
            finish.expect("the import runs")
        });
        let load = shop.sell(TILLS, length(), PAUSE);
        sold.store(true, Ordering::Relaxed);
        (load, importing.join().expect("the import"))
    });
    assert!(!imported.complete && imported.sent > 100, "{} baskets", imported.sent);
    shop.app.finish();
    let seconds = (length() + length() / 4).as_secs_f64();
    report(
        "import_beside_tills_sales_per_second",
        imported.sent as f64 / seconds,
        1.0,
        1.0,
    );
    report("tills_p99_ms", millis(alone.p99), 1.0, 1.0);
    let (p99, times) = (millis(beside.p99), beside.p99.as_secs_f64() / alone.p99.as_secs_f64());
    report("tills_p99_ms_beside_import", p99, 2.0 / times, 1.0);
}

/// Baskets of two lines, by 2 000 households.
fn baskets() -> String {
    let mut text = String::from(
        "basket_id,household_id,store_id,transaction_timestamp,product_id,department,brand,product_category,quantity,\
         sales_value,retail_disc,coupon_disc,coupon_match_disc\n",
    );
    for n in 0..BASKETS {
        let (household, minute) = (n % 2000, n / 60 % 60);
        let time = format!(
            "2017-0{}-{:02}T{:02}:{minute:02}:00Z",
            n / 28_000 + 1,
            n / 1000 % 28 + 1,
            n / 3600 % 24
        );
        for (product, value) in [(1, "1.5"), (2, "2.25")] {
            writeln!(
                text,
                "{n},{household},1,{time},{product},GROCERY,National,SOUP,1,{value},0.5,0.0,0.0"
            )
            .expect("a text");
        }
    }
    text
}
