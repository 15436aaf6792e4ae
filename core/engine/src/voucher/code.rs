//! Making codes and finding them.

use crate::error::{Error, Result};
use crate::keys::{ChainKeys, Digest, IndexKind, random};
use crate::store::Id;
use cardea_domain::voucher::VoucherCode;
use uuid::Uuid;

/// A new code on its way into a row.
#[derive(Clone)]
pub(crate) struct Coded {
    pub id: Id,
    pub digest: Digest,
    /// The code under the chain's key.
    pub sealed: Vec<u8>,
}

/// Bound to its row: moved to another one, it doesn't open.
fn purpose(id: Id) -> Vec<u8> {
    [b"voucher/".as_slice(), id.0.as_bytes()].concat()
}

/// What a code is found by; what is no code has a digest too, which nothing has.
pub(crate) fn digest(keys: &ChainKeys, text: &str) -> Digest {
    let code = VoucherCode::parse(text);
    keys.digest(IndexKind::Voucher, code.as_ref().map_or("", VoucherCode::as_str))
}

impl Coded {
    /// A code that nobody can guess.
    pub fn new(keys: &ChainKeys) -> Result<Self> {
        let code = VoucherCode::from_random(u128::from_le_bytes(random::<16>().map_err(Error::internal)?));
        let id = Id(Uuid::now_v7());
        let sealed = keys.seal_text(&purpose(id), code.as_str().as_bytes());
        Ok(Self {
            id,
            digest: keys.digest(IndexKind::Voucher, code.as_str()),
            sealed: sealed.map_err(Error::internal)?,
        })
    }
}

/// The code of a row, as it is printed.
pub(super) fn open(keys: &ChainKeys, id: Id, sealed: &[u8]) -> Result<String> {
    let clear = keys.open_text(&purpose(id), sealed).map_err(Error::internal)?;
    let text = std::str::from_utf8(&clear).map_err(Error::internal)?;
    let code = VoucherCode::parse(text).ok_or_else(|| Error::internal("a sealed voucher holds no code"))?;
    Ok(code.grouped())
}
