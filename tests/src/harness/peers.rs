//! Programs that some tests need beside Rust. A bare machine lacks them: then one loud line says so and those tests
//! count as ignored, unless `CARDEA_REQUIRE_PEERS=1` demands them.

use libtest_mimic::{Completion, Failed};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

/// A browser and its WebDriver server.
#[derive(Clone, Debug)]
pub struct Browser {
    pub chromium: PathBuf,
    pub chromedriver: PathBuf,
}

/// Chromium with chromedriver on PATH, or what is missing.
pub fn browser() -> Result<Browser, String> {
    let chromium = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find_map(on_path);
    match (chromium, on_path("chromedriver")) {
        (Some(chromium), Some(chromedriver)) => Ok(Browser { chromium, chromedriver }),
        (None, _) => Err("Chromium is not installed".into()),
        (_, None) => Err("chromedriver is not installed".into()),
    }
}

/// The URL of a PostgreSQL where databases may be created, or what is missing. `.ci/postgres start` makes one.
pub fn postgres() -> Result<String, String> {
    std::env::var("CARDEA_TEST_POSTGRES").map_err(|_| "PostgreSQL (CARDEA_TEST_POSTGRES) is missing".into())
}

/// `prlimit` of util-linux, which changes what a running process may write.
pub fn prlimit() -> Result<PathBuf, String> {
    on_path("prlimit").ok_or_else(|| "prlimit is not installed".into())
}

/// `pdftotext` of poppler, which reads what was printed.
pub fn pdftotext() -> Result<PathBuf, String> {
    on_path("pdftotext").ok_or_else(|| "pdftotext (poppler-utils) is not installed".into())
}

/// `zbarimg` of zbar, which reads the bar codes of what was printed, once `pdftoppm` of poppler has drawn it.
pub fn zbarimg() -> Result<PathBuf, String> {
    on_path("pdftoppm").ok_or_else(|| "pdftoppm (poppler-utils) is not installed".to_owned())?;
    on_path("zbarimg").ok_or_else(|| "zbarimg (zbar-tools) is not installed".into())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// What a test does whose peer is missing.
pub fn missing(why: &str) -> Result<Completion, Failed> {
    if std::env::var("CARDEA_REQUIRE_PEERS").is_ok_and(|value| value == "1") {
        return Err(format!("{why}, and CARDEA_REQUIRE_PEERS=1 demands it").into());
    }
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().expect("not poisoned").insert(why.to_owned()) {
        eprintln!("\n*** {why}: the tests that need it are IGNORED ***\n");
    }
    Ok(Completion::ignored_with(why))
}
