//! Goes on drawing the numbers of blank cards where a server stopped (D-CARD-2).

use super::{Every, Job, Where};
use crate::card_stock::go_on;

pub(super) const JOB: Job = Job {
    name: "card_batches",
    title: ["空白卡续制号", "Blank cards: numbers drawn on"],
    every: Every::Hour,
    by: Where::Chain,
    run: |engine, turn| Box::pin(go_on(engine, turn.chain)),
};
