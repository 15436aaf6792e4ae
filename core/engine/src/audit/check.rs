//! Checks lanes and checkpoints: every edit, removal, insertion, change of order and truncation is named by lane and
//! number.

use super::checkpoint::{self, Checkpoint};
use super::entry::Sha;
use super::lane::{self, After, EntryRow, Head, LANES, SLICE};
use crate::Engine;
use crate::error::Result;
use crate::keys::SealKeys;
use crate::store::{Across, Conn, Scope};
use std::collections::BTreeMap;

/// Takes what is wrong.
pub(crate) type Report<'a> = &'a mut dyn FnMut(String);

/// Checks the whole log against itself and its checkpoints; answers how many entries there are.
pub(crate) fn log(conn: &mut Conn, keys: &SealKeys, report: Report<'_>) -> Result<u64> {
    let sealed = checkpoints(conn, keys, report)?;
    lanes(conn, sealed.as_ref(), report)
}

/// Checks the checkpoints in the database; answers the last that is sound.
fn checkpoints(conn: &mut Conn, keys: &SealKeys, report: Report<'_>) -> Result<Option<Checkpoint>> {
    let (mut number, mut last) = (0, None::<Checkpoint>);
    loop {
        let page = checkpoint::after(conn, number, SLICE)?;
        if page.is_empty() {
            return Ok(last);
        }
        for (stored, document) in page {
            if stored != number + 1 {
                report(format!(
                    "audit checkpoints {} to {} are missing",
                    number + 1,
                    stored - 1
                ));
            }
            let found = document.filter(|found| found.number == stored && found.is_signed(keys));
            let follows = |found: &Checkpoint| match &last {
                Some(last) if stored == number + 1 => found.previous == last.sha(),
                Some(_) => true,
                None => stored != 1 || found.previous == Sha::NOTHING,
            };
            match found {
                None => report(format!(
                    "audit checkpoint {stored} was changed: no key of this installation has signed it as it stands"
                )),
                Some(found) => {
                    if !follows(&found) {
                        report(format!("audit checkpoint {stored} doesn't follow the one before it"));
                    }
                    last = Some(found);
                }
            }
            number = stored;
        }
    }
}

fn lanes(conn: &mut Conn, sealed: Option<&Checkpoint>, report: Report<'_>) -> Result<u64> {
    let heads: BTreeMap<i32, Head> = lane::heads(conn)?.into_iter().collect();
    let mut seen = 0;
    for lane in 0..LANES {
        match heads.get(&lane) {
            Some(head) => seen += one(conn, lane, *head, sealed, report)?,
            None => report(format!("audit lane {lane} is gone")),
        }
    }
    let all = lane::count(conn)? as u64;
    if all != seen {
        report(format!("{} audit entries stand in no lane", all.saturating_sub(seen)));
    }
    Ok(all)
}

/// One lane from its first entry on; answers how many entries it has.
fn one(conn: &mut Conn, lane: i32, head: Head, sealed: Option<&Checkpoint>, report: Report<'_>) -> Result<u64> {
    let mut walk = Walk {
        lane,
        last: Head {
            seq: 0,
            sha: Sha::NOTHING,
        },
        sealed: sealed.and_then(|checkpoint| {
            let found = checkpoint.lanes.iter().find(|sealed| sealed.lane == lane)?;
            let head = Head {
                seq: found.seq,
                sha: found.hash,
            };
            Some((head, checkpoint.name()))
        }),
        report,
    };
    let (mut after, mut count) = (After::START, 0);
    loop {
        let rows = lane::entries(conn, lane, after, SLICE)?;
        let Some(last) = rows.last() else { break };
        after = After::row(last);
        count += rows.len() as u64;
        rows.iter().for_each(|row| walk.entry(row));
    }
    walk.end(head);
    Ok(count)
}

struct Walk<'a> {
    lane: i32,
    /// The entry before.
    last: Head,
    /// What the last checkpoint says of this lane, and its name.
    sealed: Option<(Head, String)>,
    report: Report<'a>,
}

impl Walk<'_> {
    fn problem(&mut self, what: impl std::fmt::Display) {
        (self.report)(format!("audit lane {}: {what}", self.lane));
    }

    fn entry(&mut self, row: &EntryRow) {
        let (seq, last) = (row.seq, self.last);
        if seq <= last.seq || seq < 1 {
            return self.problem(format_args!("entry {seq} was inserted: its number is taken"));
        }
        if seq > last.seq + 1 {
            self.missing(seq - 1);
        }
        let (previous, stored) = (Sha::stored(&row.previous), Sha::stored(&row.hash));
        let true_sha = previous.map(|previous| row.content().sha(row.lane, seq, &previous));
        if true_sha.is_none() || true_sha != stored {
            self.problem(format_args!(
                "entry {seq} was changed: its hash isn't that of what it says"
            ));
        } else if seq == last.seq + 1 && previous != Some(last.sha) {
            self.problem(format_args!(
                "entry {seq} follows another entry than {}, which was replaced",
                last.seq
            ));
        }
        let sha = stored.unwrap_or(Sha::NOTHING);
        if let Some((sealed, name)) = &self.sealed
            && sealed.seq == seq
            && sealed.sha != sha
        {
            let name = name.clone();
            self.problem(format_args!(
                "entry {seq} isn't the one that {name} sealed: it or one before it was rewritten"
            ));
        }
        self.last = Head { seq, sha };
    }

    /// Entries between the last one and this number, with it.
    fn missing(&mut self, to: i64) {
        match self.last.seq + 1 {
            from if from == to => self.problem(format_args!("entry {from} is missing")),
            from => self.problem(format_args!("entries {from} to {to} are missing")),
        }
    }

    fn end(mut self, head: Head) {
        let last = self.last;
        let sealed = self.sealed.take().filter(|(sealed, _)| sealed.seq > last.seq);
        if let Some((sealed, name)) = sealed {
            self.problem(format_args!(
                "it ends with entry {}, but {name} sealed entry {}: what came after was cut off",
                last.seq, sealed.seq
            ));
        }
        if head.seq > last.seq {
            self.missing(head.seq);
        } else if head.seq < last.seq {
            self.problem(format_args!(
                "entries {} to {} were added past its head",
                head.seq + 1,
                last.seq
            ));
        } else if head.sha != last.sha {
            self.problem(format_args!("its head isn't entry {}", last.seq));
        }
    }
}

impl Engine {
    /// Checks the log against a checkpoint that was kept elsewhere; the problems, none for a sound one.
    ///
    /// # Errors
    /// The database fails.
    pub fn check_audit(&self, kept: &Checkpoint) -> Result<Vec<String>> {
        let keys = self.keys().seals();
        let mut problems = Vec::new();
        if kept.installation != self.keys().installation_id() || !kept.is_signed(&keys) {
            problems.push(format!(
                "{} wasn't signed by this installation as it stands",
                kept.name()
            ));
            return Ok(problems);
        }
        self.database()
            .snapshot(Scope::AllChains(Across::Verification), |conn| {
                let mut report = |problem| problems.push(problem);
                let stored = checkpoint::after(conn, kept.number - 1, 1)?.pop();
                match stored {
                    Some((_, Some(stored))) if stored == *kept => {}
                    Some((number, _)) if number == kept.number => report(format!("{} was rewritten", kept.name())),
                    _ => report(format!("{} is gone from the database", kept.name())),
                }
                checkpoints(conn, &keys, &mut report)?;
                lanes(conn, Some(kept), &mut report)
            })?;
        Ok(problems)
    }
}
