//! The demo chains: the same seed means the same books, on either database.

use crate::harness::{Backend, Site, wait};
use cardea_engine::demo::{self, Size, Watch};
use libtest_mimic::{Completion, Failed, Trial};

pub fn tests() -> Vec<Trial> {
    vec![
        Backend::Postgres.trial("demo::a_seed_means_the_same_books_as_on_sqlite", || {
            the_same_books()?;
            Ok(Completion::Completed)
        }),
    ]
}

struct Silent;

impl Watch for Silent {
    fn starts(&mut self, _events: u64) {}

    fn goes_on(&mut self, _events: u64) {}
}

fn the_same_books() -> Result<(), Failed> {
    let hash = |backend: Backend| {
        let (site, mut nobody) = (Site::new(backend), Silent);
        let engine = site.open();
        wait(demo::fill(
            &engine,
            demo::SEED,
            Size::Small,
            demo::last_day(),
            &mut nobody,
        ))
        .expect("a demo");
        let report = engine.verify().expect("the books can be read");
        assert_eq!(report.problems, Vec::<String>::new());
        assert!(report.entries > 1000);
        report.hash
    };
    assert_eq!(hash(Backend::Sqlite), hash(Backend::Postgres));
    Ok(())
}
