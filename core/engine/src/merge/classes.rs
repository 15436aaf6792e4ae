//! Classes in a merge: what a person has set goes before what was computed, the survivor's before the other's.

use crate::archive::classes::{ClassRow, between, remove, replace};
use crate::error::Result;
use crate::store::{Conn, Id, Name};
use cardea_domain::classes::Dimension;
use cardea_domain::merge::Lost;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// A class as a merge keeps it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    dimension: Dimension,
    class: String,
    manual: bool,
    basis: Option<String>,
    set_by: Option<Uuid>,
    set_at: i64,
}

/// Classes of both before, and of the survivor after.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Classes {
    before: Vec<Kept>,
    after: Vec<Kept>,
    merged: Vec<Kept>,
}

fn of(conn: &mut Conn, chain: Id, customer: Id) -> Result<Vec<Kept>> {
    let below = Id(Uuid::from_u128(customer.0.as_u128().saturating_sub(1)));
    let kept = |row: ClassRow| Kept {
        dimension: row.dimension.0,
        class: row.class,
        manual: row.manual,
        basis: row.basis,
        set_by: row.set_by.map(|id| id.0),
        set_at: row.set_at,
    };
    Ok(between(conn, chain.typed(), below, customer)?
        .into_iter()
        .map(kept)
        .collect())
}

fn put(conn: &mut Conn, chain: Id, customer: Id, kept: &Kept) -> Result<()> {
    let row = ClassRow {
        chain_id: chain,
        customer_id: customer,
        dimension: Name(kept.dimension),
        class: kept.class.clone(),
        manual: kept.manual,
        basis: kept.basis.clone(),
        set_by: kept.set_by.map(Id),
        set_at: kept.set_at,
    };
    replace(conn, &row)
}

impl Classes {
    pub fn blend(conn: &mut Conn, chain: Id, survivor: Id, merged: Id, lost: &mut Vec<Lost>) -> Result<Self> {
        let (before, theirs) = (of(conn, chain, survivor)?, of(conn, chain, merged)?);
        for class in &theirs {
            let mine = before.iter().find(|mine| mine.dimension == class.dimension);
            let taken = class.manual && mine.is_none_or(|mine| !mine.manual);
            if taken {
                put(conn, chain, survivor, class)?;
            } else if class.manual && mine.is_some_and(|mine| mine.class != class.class) {
                lost.push(Lost {
                    field: format!("/classes/{}", class.dimension),
                    value: json!(class.class),
                });
            }
            remove(conn, chain, merged, class.dimension)?;
        }
        Ok(Self {
            after: of(conn, chain, survivor)?,
            before,
            merged: theirs,
        })
    }

    /// Classes that are others now than right after the merge stay.
    pub fn restore(&self, conn: &mut Conn, chain: Id, survivor: Id, merged: Id) -> Result<()> {
        for class in of(conn, chain, survivor)?
            .iter()
            .filter(|class| self.after.contains(class))
        {
            let before = self.before.iter().find(|before| before.dimension == class.dimension);
            match before {
                Some(before) => put(conn, chain, survivor, before)?,
                None => remove(conn, chain, survivor, class.dimension)?,
            }
        }
        for class in &self.merged {
            put(conn, chain, merged, class)?;
        }
        Ok(())
    }
}
