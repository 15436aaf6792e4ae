//! Bad rows as a file of the uploaded one's shape, with the reason behind them, that can be mended and sent again.

use super::target::{self, MARK, REASON};
use super::{bad_rows, row, run};
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, not_found};
use crate::look::{NewLook, mark};
use crate::sheet::line;
use crate::store::{Answer, Tx};
use cardea_domain::confidential::LookKind;
use cardea_domain::id::FileImportId;
use cardea_domain::{Refusal, Text};
use serde_json::json;
use std::collections::BTreeMap;

/// Most bad rows of one file.
const MOST: i64 = 50_000;

impl Engine {
    /// Notes in the access log that somebody takes the bad rows of a file away; answers the mark that leads from their
    /// file back to who took it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn begin_bad_import_file(&self, actor: &Actor, id: FileImportId) -> Result<String, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let look = NewLook {
                kind: LookKind::Export,
                customer: None,
                subject: Some(id.0),
                what: vec!["bad_rows"],
                why: None,
            };
            let look = look.write(tx, None)?;
            tx.audit("import.bad_rows", id.0, json!({ "look_id": look.id.0 }));
            Answer::ok(&Stored::of(look.id))
        };
        let answered = self.transact(actor, None, "import.bad_rows", work).await?;
        let marked = Written::read(answered, |look| {
            self.read(actor.chain, |conn| mark(conn, actor.chain, look.into()))
        })?;
        Ok(marked.value)
    }

    /// The headers and the bad rows of an import as CSV; every line ends with its reason and the mark.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `erased` once the file is gone.
    pub fn bad_import_file(
        &self,
        actor: &Actor,
        id: FileImportId,
        (mark, pick): (&str, fn(&Text) -> &str),
    ) -> Result<String, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let keys = self.keys().chain(actor.chain);
        let (row, bad) = self.read(actor.chain, |conn| {
            let row = row::find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
            let bad = bad_rows(conn, (&keys, &row), 0, MOST)?;
            Ok((row, bad))
        })?;
        let reasons: BTreeMap<i64, Text> = bad.into_iter().map(|bad| (bad.line, bad.detail)).collect();
        let headers = row.mapping()?.header_rows as usize;
        let preview = row::Preview::open(&row, &keys)?;
        let titles: Vec<String> = target::titles(&preview.rows, headers)
            .into_iter()
            .map(|(_, title)| title)
            .collect();
        let (width, headers) = (target::own_width(&titles), headers as i64);
        let last = reasons.keys().next_back().copied().unwrap_or(headers);
        let table = run::open(self, &row)?;
        let mut text = String::from('\u{feff}');
        let (reason, marked) = (Text::new(REASON.0, REASON.1), Text::new(MARK.0, MARK.1));
        for (at, cells) in (1..=last.max(headers)).zip(table.rows) {
            let cells = cells.map_err(Error::internal)?;
            let added = match reasons.get(&at) {
                Some(reason) => [pick(reason), mark],
                None if at == headers => [pick(&reason), pick(&marked)],
                None if at < headers => ["", ""],
                None => continue,
            };
            let mut texts: Vec<String> = cells.iter().take(width).map(|cell| cell.text(table.epoch)).collect();
            texts.resize(width, String::new());
            texts.extend(added.map(ToOwned::to_owned));
            line(&mut text, texts);
        }
        Ok(text)
    }
}
