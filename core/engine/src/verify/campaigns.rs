//! What campaigns gave is what stands with them: their budgets are measured by it.

use super::Books;
use super::chain::Chain;
use crate::each;
use crate::error::Result;
use crate::store::schema::campaigns;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use std::collections::HashMap;

statements! {
    SelectGiven -> (Binary, BigInt) =
        "SELECT campaign_id, CAST(SUM(points) AS BIGINT) FROM campaign_uses WHERE chain_id = ? GROUP BY campaign_id";
}

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let rows: Vec<(Id, String, i64)> = each!(conn, c => campaigns::table
        .select((campaigns::id, campaigns::code, campaigns::given))
        .filter(campaigns::chain_id.eq(chain.id))
        .order(campaigns::id)
        .load(c)?);
    let given: HashMap<Id, i64> = fetch!(conn, SelectGiven, [chain.id.0] => (Id, i64))?
        .into_iter()
        .collect();
    for (id, code, recorded) in &rows {
        let name = || format!("campaign {code} of {}", chain.code);
        books.agree(*recorded, given.get(id).copied().unwrap_or_default(), || {
            format!("what was given by {}", name())
        });
    }
    Ok(())
}
