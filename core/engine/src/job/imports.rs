//! Goes on with imports whose server stopped, and forgets uploaded files that nobody needs any more (D-ARC-13, D-ARC-19).

use super::{Every, Job, Turn, Where};
use crate::Engine;
use crate::intake::{forget_old, go_on};
use cardea_domain::Refusal;

pub(super) const JOB: Job = Job {
    name: "imports",
    title: ["导入续办与清理", "Imports: resumed and cleared"],
    every: Every::Hour,
    by: Where::Chain,
    run: |engine, turn| Box::pin(run(engine, turn)),
};

async fn run(engine: &Engine, turn: Turn) -> Result<u64, Refusal> {
    let ended = go_on(engine, turn.chain).await?;
    Ok(ended + forget_old(engine, turn.chain, turn.now).await?)
}
