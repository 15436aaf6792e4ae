//! The one test binary. With [`process::MODE`] in its environment it is the server instead: stories about processes
//! start it so.

use cardea_tests::harness::{database, process};
use libtest_mimic::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::var_os(process::MODE).is_some() {
        return cardea::cli::run();
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), cardea_tests::trials());
    database::clean_up();
    conclusion.exit_code()
}
