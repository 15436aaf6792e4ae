//! The installation's own row.

use super::schema::installation;
use super::{Conn, Id};
use crate::each;
use crate::error::Result;
use diesel::prelude::*;
use uuid::Uuid;

/// The id of the installation in this database, if it was set up.
pub(crate) fn installed(conn: &mut Conn) -> Result<Option<Uuid>> {
    let id: Option<Id> = each!(conn, c => installation::table.select(installation::id).get_result(c).optional()?);
    Ok(id.map(|id| id.0))
}
