//! Photographs and files of customers, of records about them and of their journals (D-ARC-1). The content lies sealed in
//! the data folder, by its address; it is known by what is in it, never by its name.

mod picture;
mod row;
mod thumbnail;
mod write;

use crate::Engine;
use crate::actor::Actor;
use crate::archive::find_customer;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::not_found;
use crate::keys::PersonKey;
use crate::look::NewLook;
use crate::page::{Page, PageArgs};
use crate::store::{Answer, Id};
use cardea_domain::confidential::LookKind;
use cardea_domain::id::{CustomerId, FileId, JournalId, RecordId, StaffId};
use cardea_domain::media::MediaType;
use cardea_domain::{Code, Instant, Refusal};
use row::{FileRow, Secret};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

pub use picture::RewardPicture;
pub(crate) use row::{erase, purpose};
pub use write::{MOST_BYTES, NewFile};

/// A file, without its content.
#[derive(Clone, Serialize, ToSchema)]
pub struct AttachedFile {
    #[schema(value_type = Uuid)]
    pub id: FileId,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// The record that it belongs to.
    #[schema(value_type = Option<Uuid>)]
    pub record_id: Option<RecordId>,
    /// The entry of the journal that it belongs to.
    #[schema(value_type = Option<Uuid>)]
    pub journal_id: Option<JournalId>,
    pub name: String,
    pub media_type: MediaType,
    /// Bytes.
    pub size: i64,
    /// There is a small picture of it.
    pub thumbnail: bool,
    /// Who attached it.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    /// Only those of this record.
    #[param(value_type = Option<Uuid>)]
    pub record_id: Option<RecordId>,
    /// Only those of this entry of the journal.
    #[param(value_type = Option<Uuid>)]
    pub journal_id: Option<JournalId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Which bytes of a file are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    Thumbnail,
}

/// What is in a file.
pub struct FileContent {
    pub name: String,
    pub media_type: MediaType,
    pub bytes: Vec<u8>,
}

fn view(row: FileRow, key: &PersonKey) -> Result<AttachedFile> {
    let secret = Secret::open(key, &row)?;
    Ok(AttachedFile {
        id: row.id.typed(),
        customer_id: row.customer_id.typed(),
        record_id: row.record_id.map(Id::typed),
        journal_id: row.journal_id.map(Id::typed),
        name: secret.name,
        media_type: row.media_type.0,
        size: row.size,
        thumbnail: row.thumbnail.is_some(),
        staff_id: row.staff_id.map(Id::typed),
        created_at: Instant(row.created_at),
    })
}

impl Engine {
    /// A customer's files, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn files(&self, actor: &Actor, id: CustomerId, query: &FileQuery) -> Result<Page<AttachedFile>, Refusal> {
        actor.scope(Action::FileRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let customer = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
            actor.require(Action::FileRead, Some(customer.store_id.typed()))?;
            let Some(key) = customer.person(&keys)? else {
                return Ok(Vec::new());
            };
            let of = (query.record_id.map(Id::from), query.journal_id.map(Id::from));
            let rows = row::select(conn, (chain, customer.id), of, before, limit as i64 + 1)?;
            rows.into_iter().map(|row| view(row, &key)).collect()
        })?;
        Ok(Page::cut(found, limit, |file| file.id.to_string()))
    }

    fn opened_file(&self, actor: &Actor, id: FileId) -> Result<(FileRow, Secret)> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id.into())?.ok_or_else(not_found)?;
            let customer = find_customer(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
            actor.require(Action::FileRead, Some(customer.store_id.typed()))?;
            let key = customer.person(&keys)?.ok_or_else(not_found)?;
            let secret = Secret::open(&key, &row)?;
            Ok((row, secret))
        })
    }

    /// What is in a file. Who takes a whole one is noted in the access log (D-ARC-12).
    ///
    /// # Errors
    /// `forbidden`; `not_found`, also for a small picture that there isn't.
    pub async fn file_content(&self, actor: &Actor, id: FileId, part: Part) -> Result<FileContent, Refusal> {
        let (row, secret) = self.opened_file(actor, id)?;
        let (address, media_type) = match part {
            Part::Whole => (row.address, row.media_type.0),
            Part::Thumbnail => (row.thumbnail.ok_or_else(not_found)?, MediaType::Jpeg),
        };
        if part == Part::Whole {
            let customer = row.customer_id.typed();
            self.transact(actor, None, "file.read", move |tx| {
                let look = NewLook {
                    kind: LookKind::File,
                    customer: Some(customer),
                    subject: Some(id.0),
                    what: vec![],
                    why: None,
                };
                look.write(tx, None)?;
                tx.audit("file.read", id.0, json!({ "customer_id": customer }));
                Answer::ok(&())
            })
            .await?;
        }
        let sealed = self.blobs().get(&address).await?;
        Ok(FileContent {
            bytes: secret.content(&sealed)?,
            name: secret.name,
            media_type,
        })
    }

    /// SHA-256 of what is in a customer's file; None if it isn't theirs.
    ///
    /// # Errors
    /// `forbidden`; `internal` if the disk fails.
    pub(crate) async fn file_digest(
        &self,
        actor: &Actor,
        customer: CustomerId,
        id: FileId,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let (row, secret) = match self.opened_file(actor, id) {
            Ok(opened) => opened,
            Err(Error::Refused(refusal)) if refusal.code == Code::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if row.customer_id.typed::<CustomerId>() != customer {
            return Ok(None);
        }
        let sealed = self.blobs().get(&row.address).await?;
        Ok(Some(Sha256::digest(secret.content(&sealed)?).to_vec()))
    }

    /// Removes contents that no row names any more. A crash before it leaves only what nobody can open.
    ///
    /// # Errors
    /// `internal` if the disk fails.
    pub(crate) async fn remove_contents(&self, addresses: &[Vec<u8>]) -> Result<()> {
        for address in addresses {
            self.blobs().remove(address).await?;
        }
        Ok(())
    }
}
