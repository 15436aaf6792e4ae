//! Attaching files. The content is on disk before the row names it.

use super::row::{self, FileRow, Secret};
use super::{AttachedFile, thumbnail, view};
use crate::actor::Actor;
use crate::archive::find_living_customer;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::keys::PersonKey;
use crate::store::schema::{journal, records};
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::id::{CustomerId, FileId, JournalId, RecordId};
use cardea_domain::media::{self, MediaType};
use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// Bytes of a file.
pub const MOST_BYTES: usize = 10 << 20;

/// A file as it comes in.
pub struct NewFile {
    pub name: String,
    pub record_id: Option<RecordId>,
    pub journal_id: Option<JournalId>,
    pub bytes: Vec<u8>,
}

/// Its content, checked and sealed.
struct Sealed {
    media_type: MediaType,
    size: i64,
    secret: Secret,
    content: Vec<u8>,
    thumbnail: Option<Vec<u8>>,
}

impl NewFile {
    fn seal(&self) -> Result<Sealed, Refusal> {
        let name = input::text(&self.name, 200, "/name")?;
        let name = name.replace(['/', '\\'], "_");
        if self.bytes.len() > MOST_BYTES {
            return Err(field("/content", "最大 10 MB", "At most 10 MB"));
        }
        let unknown = || {
            let (zh, en) = (
                "只接受 JPEG、PNG、WebP 图片，PDF，以及不含宏的 docx、xlsx、pptx",
                "JPEG, PNG and WebP pictures, PDF, and docx, xlsx, pptx without macros are kept",
            );
            field("/content", zh, en)
        };
        let media_type = media::detect(&self.bytes).ok_or_else(unknown)?;
        let small = thumbnail::of(media_type, &self.bytes)?;
        let secret = Secret::new(name)?;
        Ok(Sealed {
            media_type,
            size: i64::try_from(self.bytes.len()).unwrap_or(i64::MAX),
            content: secret.close(&self.bytes)?,
            thumbnail: small.map(|small| secret.close(&small)).transpose()?,
            secret,
        })
    }
}

/// What it belongs to is the customer's.
fn check_subject(tx: &mut Tx<'_>, customer: Id, record: Option<Id>, entry: Option<Id>) -> Result<()> {
    let chain = Id::from(tx.chain());
    if let Some(record) = record {
        let row = records::table.find((chain, record));
        let of: Option<Id> = each!(tx.conn(), c => row.select(records::customer_id).get_result(c).optional()?);
        if of != Some(customer) {
            return Err(field("/record_id", "没有这条记录", "There is no such record").into());
        }
    }
    if let Some(entry) = entry {
        let row = journal::table.find((chain, entry));
        let of: Option<Id> = each!(tx.conn(), c => row.select(journal::customer_id).get_result(c).optional()?);
        if of != Some(customer) {
            return Err(field("/journal_id", "没有这条日志", "There is no such entry").into());
        }
    }
    Ok(())
}

impl Engine {
    /// Attaches a file to a customer, to a record about them or to an entry of their journal.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `field_invalid` for what isn't kept.
    pub async fn attach_file(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        customer_id: CustomerId,
        new: NewFile,
    ) -> Result<Written<AttachedFile>, Refusal> {
        actor.scope(Action::FileWrite)?;
        self.file_owner(actor, customer_id)?;
        let (record, entry) = (new.record_id.map(Id::from), new.journal_id.map(Id::from));
        let sealing = tokio::task::spawn_blocking(move || new.seal());
        let sealed = sealing.await.map_err(Error::internal)??;
        let address = self.blobs().put(sealed.content).await?;
        let small = match sealed.thumbnail {
            Some(small) => Some(self.blobs().put(small).await?),
            None => None,
        };
        let (keys, kept) = (self.keys().chain(actor.chain), (address.clone(), small.clone()));
        let (secret, size, media_type) = (sealed.secret, sealed.size, sealed.media_type);
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let customer = find_living_customer(tx.conn(), chain, customer_id)?.ok_or_else(not_found)?;
            tx.actor().require(Action::FileWrite, Some(customer.store_id.typed()))?;
            let person: PersonKey = customer.person(&keys)?.ok_or_else(not_found)?;
            check_subject(tx, customer.id, record, entry)?;
            let id: FileId = tx.new_id();
            let row = FileRow {
                chain_id: chain.into(),
                id: id.into(),
                customer_id: customer.id,
                record_id: record,
                journal_id: entry,
                media_type: Name(media_type),
                size,
                address: address.clone(),
                thumbnail: small.clone(),
                sealed: secret.seal(&person, id.into())?,
                staff_id: tx.actor().staff.map(Id::from),
                created_at: tx.business_now().0,
            };
            row::insert(tx.conn(), &row)?;
            let detail = json!({ "customer_id": customer_id, "media_type": media_type, "size": size });
            tx.audit("file.attach", id.0, detail);
            tx.publish("file.attached", json!({ "id": id, "customer_id": customer_id }));
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "file.attach", work).await;
        // What no row names goes again.
        if !answered.as_ref().is_ok_and(|answered| !answered.replayed) {
            for address in std::iter::once(&kept.0).chain(&kept.1) {
                self.blobs().remove(address).await?;
            }
        }
        Written::read(answered?, |id| self.attached_file(actor, id))
    }

    /// Before anything is decoded or kept: somebody whose customer it is.
    fn file_owner(&self, actor: &Actor, id: CustomerId) -> Result<()> {
        let customer = self.read(actor.chain, |conn| find_living_customer(conn, actor.chain, id))?;
        let customer = customer.ok_or_else(not_found)?;
        Ok(actor.require(Action::FileWrite, Some(customer.store_id.typed()))?)
    }

    fn attached_file(&self, actor: &Actor, id: Uuid) -> Result<AttachedFile> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        self.read(chain, |conn| {
            let row = row::find(conn, chain, Id(id))?.ok_or_else(not_found)?;
            let customer = find_living_customer(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
            let key = customer.person(&keys)?.ok_or_else(not_found)?;
            view(row, &key)
        })
    }
}
