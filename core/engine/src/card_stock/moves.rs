//! Whatever happens to blanks: checked by the one table, noted, and done to the blanks and the quantities together.

use super::row::BlankRow;
use crate::each;
use crate::error::Result;
use crate::store::schema::card_blanks;
use crate::store::writer::blanks::{NewMove, note};
use crate::store::{Id, Name, Tx};
use cardea_domain::card_stock::{BlankState, BlankStep, after, refused, runs};
use cardea_domain::{Code, Refusal};
use diesel::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A step of some blanks, whichever these are.
pub(super) struct Step<'a> {
    pub step: BlankStep,
    /// Where they count afterwards; None: where they do.
    pub to: Option<Id>,
    pub reason: Option<&'a str>,
    pub transfer: Option<Id>,
    pub count: Option<Id>,
}

impl Step<'_> {
    /// Does it to blanks as they were read in this transaction.
    ///
    /// # Errors
    /// `card_stock` where one of them is in no state for it.
    pub fn apply(&self, tx: &mut Tx<'_>, blanks: &[BlankRow]) -> Result<()> {
        let mut groups: BTreeMap<(Id, Id, BlankState), Vec<i32>> = BTreeMap::new();
        for blank in blanks {
            let state = blank.state.0;
            after(Some(state), self.step).ok_or_else(|| refused((blank.serial, state), self.step))?;
            groups
                .entry((blank.batch_id, blank.place_id, state))
                .or_default()
                .push(blank.serial);
        }
        for ((batch, place, state), mut serials) in groups {
            serials.sort_unstable();
            serials.dedup();
            for run in runs(serials) {
                self.change(tx, (batch, run), (state, place))?;
            }
        }
        Ok(())
    }

    fn change(&self, tx: &mut Tx<'_>, (batch, run): (Id, (i32, i32)), from: (BlankState, Id)) -> Result<()> {
        let (state, place) = from;
        let to = after(Some(state), self.step).ok_or_else(|| refused((run.0, state), self.step))?;
        let to = (to, self.to.unwrap_or(place));
        let own = card_blanks::chain_id
            .eq(Id::from(tx.chain()))
            .and(card_blanks::batch_id.eq(batch))
            .and(card_blanks::serial.between(run.0, run.1))
            .and(card_blanks::state.eq(Name(state)))
            .and(card_blanks::place_id.eq(place));
        let set = (card_blanks::state.eq(Name(to.0)), card_blanks::place_id.eq(to.1));
        let changed = each!(tx.conn(), c => diesel::update(card_blanks::table.filter(own)).set(set).execute(c)?);
        if changed as i64 != i64::from(run.1 - run.0) + 1 {
            let (zh, en) = (
                "空白卡刚被移动，请重试",
                "The blank cards have just been moved; try again",
            );
            return Err(Refusal::new(Code::Busy, zh, en).into());
        }
        self.note(tx, (batch, run), Some(from), to)
    }

    /// Notes a step that was done: of blanks that are new, or by [`Step::change`].
    pub fn note(
        &self,
        tx: &mut Tx<'_>,
        (batch, run): (Id, (i32, i32)),
        from: Option<(BlankState, Id)>,
        to: (BlankState, Id),
    ) -> Result<()> {
        let moved = NewMove {
            batch,
            run,
            step: self.step,
            from,
            to,
            reason: self.reason,
            transfer: self.transfer,
            count: self.count,
            card: None,
        };
        let (id, by) = (tx.new_id::<Uuid>(), (tx.actor(), tx.business_now()));
        note(tx.conn(), by, id, &moved)
    }
}
