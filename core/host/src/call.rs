//! A call under way.

use super::api::Function;
use std::time::Instant;

pub(super) struct Call {
    pub function: Function,
    /// Since the host started; in the log and in errors.
    pub number: u64,
    pub begun: Instant,
}

impl Call {
    pub fn new(function: Function, number: u64) -> Self {
        Self {
            function,
            number,
            begun: Instant::now(),
        }
    }
}
