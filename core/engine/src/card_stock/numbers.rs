//! The numbers of a batch, as a table for who prints the cards and as a sheet of codes. Whoever has numbers could make cards:
//! taking them away needs a permission of its own, and the access log notes it.

use super::row::{self, BatchRow};
use crate::Engine;
use crate::actor::Actor;
use crate::each;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, field, not_found};
use crate::look::{NewLook, mark};
use crate::sheet::{Column, SheetFile, SheetFormat, Shown};
use crate::store::schema::card_blanks;
use crate::store::{Answer, Conn, Id, Name, Tx};
use cardea_domain::card_stock::{BlankState, Label, LabelSheet, state_en, state_zh};
use cardea_domain::confidential::LookKind;
use cardea_domain::id::{CardBatchId, ChainId};
use cardea_domain::{Code, Refusal, Text};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

/// Labels of one print.
const LABELS: i32 = 1000;

/// Which numbers are wanted, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardNumberQuery {
    /// `csv` if absent.
    #[serde(default)]
    #[param(value_type = Option<SheetFormat>)]
    pub format: SheetFormat,
    /// The first serial number; 1 if absent.
    pub first: Option<i32>,
    /// The last one; that of the batch if absent.
    pub last: Option<i32>,
}

/// Which labels are wanted: at most 1000 at once.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardLabelQuery {
    /// The first serial number; 1 if absent.
    pub first: Option<i32>,
    /// The last one; that of the batch if absent.
    pub last: Option<i32>,
}

/// A file of numbers.
pub struct NumbersFile {
    /// Without its ending.
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Engine {
    /// The numbers of a ready batch as a table; its last column says who took it away.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`; `card_stock` while numbers are drawn.
    pub async fn card_numbers(
        &self,
        actor: &Actor,
        id: CardBatchId,
        query: &CardNumberQuery,
        pick: fn(&Text) -> &str,
    ) -> Result<NumbersFile, Refusal> {
        let (batch, (first, last)) = self.taken_away(actor, id, (query.first, query.last))?;
        let mark = self.note_numbers(actor, &batch, (first, last), "numbers").await?;
        let column = |name: &str, zh: &str, en: &str| Column {
            name: name.to_owned(),
            label: pick(&Text::new(zh, en)).to_owned(),
        };
        let columns = vec![
            column("serial", "序号", "Serial"),
            column("number", "卡号", "Number"),
            column("state", "状态", "State"),
            column("batch", "批次", "Batch"),
            column("export", "导出标记", "Export"),
        ];
        let mut file = SheetFile::begin(query.format, columns)?;
        for (serial, number, state) in
            self.read(actor.chain, |conn| numbers(conn, actor.chain, &batch, (first, last)))?
        {
            let state = Text::new(state_zh(state.0), state_en(state.0));
            let cells = [
                serial.to_string(),
                number,
                pick(&state).to_owned(),
                batch.name.clone(),
                mark.clone(),
            ];
            file.row(&cells.map(Shown::from))?;
        }
        Ok(NumbersFile {
            name: format!("card-numbers-{first}-{last}"),
            bytes: file.end()?,
        })
    }

    /// Labels with a bar code each, as a PDF.
    ///
    /// # Errors
    /// As [`Engine::card_numbers`]; `field_invalid` for more than 1000; `unprintable`, `busy`.
    pub async fn card_labels(
        &self,
        actor: &Actor,
        id: CardBatchId,
        query: CardLabelQuery,
    ) -> Result<NumbersFile, Refusal> {
        let (batch, (first, last)) = self.taken_away(actor, id, (query.first, query.last))?;
        if last - first >= LABELS {
            let (zh, en) = (
                "一次最多打印 1000 张标签；请用起止序号分几次打印",
                "At most 1000 labels are printed at once: choose a first and a last serial number",
            );
            return Err(field("/last", zh, en).with(|facts| facts.limit = Some(LABELS.into())));
        }
        let mark = self.note_numbers(actor, &batch, (first, last), "labels").await?;
        let found = self.read(actor.chain, |conn| numbers(conn, actor.chain, &batch, (first, last)))?;
        let label = |(serial, number, _): Numbered| {
            let number = number.parse().map_err(crate::Error::internal)?;
            Ok::<_, crate::Error>(Label { serial, number })
        };
        let sheet = LabelSheet {
            title: batch.name,
            mark,
            labels: found.into_iter().map(label).collect::<Result<_>>()?,
        };
        Ok(NumbersFile {
            name: format!("card-labels-{first}-{last}"),
            bytes: self.print_labels(sheet).await?,
        })
    }

    /// A batch whose numbers may be taken away, and which of them.
    fn taken_away(
        &self,
        actor: &Actor,
        id: CardBatchId,
        (first, last): (Option<i32>, Option<i32>),
    ) -> Result<(BatchRow, (i32, i32)), Refusal> {
        actor.require(Action::CardNumbersExport, None)?;
        let found = self.read(actor.chain, |conn| row::batch(conn, actor.chain, id.into()))?;
        let batch = found.ok_or_else(not_found)?;
        if batch.drawn < batch.quantity {
            let (zh, en) = (
                format!("卡号仍在生成（{}/{}），请稍后再取", batch.drawn, batch.quantity),
                format!(
                    "Numbers are still being drawn ({} of {}); come back in a moment",
                    batch.drawn, batch.quantity
                ),
            );
            return Err(Refusal::new(Code::CardStock, zh, en));
        }
        let (first, last) = (first.unwrap_or(1), last.unwrap_or(batch.quantity));
        if first < 1 || first > last || last > batch.quantity {
            let (zh, en) = ("起止序号不在此批次内", "The batch has no such serial numbers");
            return Err(field("/first", zh, en));
        }
        Ok((batch, (first, last)))
    }

    /// Notes who takes numbers away; answers what is to stand on them.
    async fn note_numbers(
        &self,
        actor: &Actor,
        batch: &BatchRow,
        (first, last): (i32, i32),
        what: &'static str,
    ) -> Result<String, Refusal> {
        let id = batch.id;
        let work = move |tx: &mut Tx<'_>| {
            let look = NewLook {
                kind: LookKind::Export,
                customer: None,
                subject: Some(id.0),
                what: vec!["card_numbers", what],
                why: None,
            };
            let look = look.write(tx, None)?;
            let detail = json!({ "look_id": look.id.0, "as": what, "first": first, "last": last });
            tx.audit("card_numbers.export", id.0, detail);
            Answer::ok(&Stored::of(look.id))
        };
        let noted = self.transact(actor, None, "card_numbers.export", work).await?;
        let marked = Written::read(noted, |look| {
            self.read(actor.chain, |conn| mark(conn, actor.chain, look.into()))
        })?;
        Ok(marked.value)
    }
}

type Numbered = (i32, String, Name<BlankState>);

fn numbers(conn: &mut Conn, chain: ChainId, batch: &BatchRow, (first, last): (i32, i32)) -> Result<Vec<Numbered>> {
    let own = card_blanks::chain_id
        .eq(Id::from(chain))
        .and(card_blanks::batch_id.eq(batch.id))
        .and(card_blanks::serial.between(first, last));
    Ok(each!(conn, c => card_blanks::table
        .select((card_blanks::serial, card_blanks::number, card_blanks::state))
        .filter(own)
        .order(card_blanks::serial)
        .load(c)?))
}
