//! A dry run: the file is read to its end and nothing is booked.

use super::mapping::Mapping;
use super::plan::{Plan, Step};
use super::row::{BadRow, Reason};
use super::{ImportError, Watch};
use cardea_domain::Minor;
use std::collections::BTreeMap;
use std::path::Path;

/// What an import would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DryRun {
    pub rows: u64,
    pub sales: u64,
    pub lines: u64,
    /// Σ of the sales, minor units.
    pub paid: Minor,
    pub returns: u64,
    pub bad: BTreeMap<Reason, u64>,
}

/// Reads everything and tells `watch` every bad row.
pub fn dry_run(file: &Path, mapping: &Mapping, watch: &mut dyn Watch) -> Result<DryRun, ImportError> {
    let (mut plan, survey) = Plan::open(file, mapping)?;
    watch.starts(survey.rows);
    let mut run = DryRun {
        rows: survey.rows,
        ..DryRun::default()
    };
    while let Some(step) = plan.next_step()? {
        match step {
            Step::Sale(sale) => {
                run.sales += 1;
                run.lines += sale.lines.len() as u64;
                run.paid += sale.total;
            }
            Step::Return(_) => run.returns += 1,
            Step::Bad(row) => run.add_bad(&row, watch),
        }
        if !watch.goes_on(plan.rows_read()) {
            break;
        }
    }
    Ok(run)
}

impl DryRun {
    fn add_bad(&mut self, row: &BadRow, watch: &mut dyn Watch) {
        *self.bad.entry(row.reason).or_default() += 1;
        watch.bad(row);
    }
}
