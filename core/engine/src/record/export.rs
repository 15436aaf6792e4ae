//! Records of a type as rows of a table, a page at a time.

use super::kind::RecordType;
use super::read::RecordQuery;
use crate::actor::Actor;
use crate::error::Result;
use crate::sheet::Shown;
use crate::{Engine, fields};
use cardea_domain::Text;
use serde_json::Value;

/// Rows of one read.
const ROWS: u32 = 200;

impl Engine {
    /// The next records after a cursor, newest first, masked as on the pages: whom they are about, then the newest
    /// declarations' fields; and the cursor for those after them.
    pub(crate) fn record_rows(
        &self,
        actor: &Actor,
        kind: &RecordType,
        after: Option<String>,
        pick: fn(&Text) -> &str,
    ) -> Result<(Vec<Vec<Shown>>, Option<String>)> {
        let minor_units = self.chain(actor.chain)?.minor_units;
        let query = RecordQuery {
            type_id: Some(kind.id),
            limit: Some(ROWS),
            after,
            ..RecordQuery::default()
        };
        let page = self.records(actor, &query)?;
        let row = |record: &super::Record| {
            let value = |name: &String| record.values.get(name).map_or(&Value::Null, |written| &written.value);
            let fields = kind.fields.iter();
            let values = fields.map(|field| fields::shown(field, value(&field.name), (pick, minor_units)));
            std::iter::once(pick(&record.customer).to_owned().into())
                .chain(values)
                .collect()
        };
        Ok((page.items.iter().map(row).collect(), page.next))
    }
}
