//! The one test binary.

use libtest_mimic::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), cardea_tests::trials()).exit_code()
}
