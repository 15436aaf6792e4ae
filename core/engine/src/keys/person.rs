//! A customer's own data key. Contact and identity data are sealed under it; it is stored only wrapped by the
//! chain's key, and destroying it makes unreadable what was sealed under it, wherever in the database that stands.

use super::{ChainKeys, KeyError, random};
use cardea_domain::id::{ChainId, CustomerId};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Format of what is stored: this byte, 24 bytes of nonce, ciphertext with tag.
const VERSION: u8 = 1;
const NONCE: usize = 24;

/// The stored bytes were changed, belong to another customer or chain, or were sealed under another key. Which of
/// these can't be told, and nobody should be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed data can't be opened: changed, or sealed under another key")]
pub struct Sealed;

/// The key of one customer's contact data.
pub struct PersonKey {
    key: Zeroizing<[u8; 32]>,
    chain: ChainId,
    customer: CustomerId,
}

impl std::fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonKey")
            .field("customer", &self.customer)
            .finish_non_exhaustive()
    }
}

impl ChainKeys {
    /// A fresh data key for a customer, and its wrapped form for the database.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn new_person(&self, customer: CustomerId) -> Result<(PersonKey, Vec<u8>), KeyError> {
        let key = Zeroizing::new(random::<32>()?);
        let wrapped = seal(&self.wrapping, b"key", self.chain, customer, key.as_slice())?;
        Ok((
            PersonKey {
                key,
                chain: self.chain,
                customer,
            },
            wrapped,
        ))
    }

    /// Unwraps a customer's data key.
    ///
    /// # Errors
    /// [`Sealed`]: changed, another customer's, another chain's.
    pub fn open_person(&self, customer: CustomerId, wrapped: &[u8]) -> Result<PersonKey, Sealed> {
        let bytes = open(&self.wrapping, b"key", self.chain, customer, wrapped)?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| Sealed)?;
        Ok(PersonKey {
            key: Zeroizing::new(key),
            chain: self.chain,
            customer,
        })
    }
}

impl PersonKey {
    /// Seals the customer's contact document.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn seal(&self, document: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.seal_as(b"contact", document)
    }

    /// Opens what [`PersonKey::seal`] made; the clear text is wiped when dropped.
    ///
    /// # Errors
    /// [`Sealed`].
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Sealed> {
        self.open_as(b"contact", sealed)
    }

    /// Seals another document of the customer; one of another purpose doesn't open in its place.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn seal_as(&self, purpose: &[u8], document: &[u8]) -> Result<Vec<u8>, KeyError> {
        seal(&self.key, purpose, self.chain, self.customer, document)
    }

    /// Opens what [`PersonKey::seal_as`] made for the same purpose.
    ///
    /// # Errors
    /// [`Sealed`].
    pub fn open_as(&self, purpose: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Sealed> {
        open(&self.key, purpose, self.chain, self.customer, sealed)
    }
}

/// The key of a document that is kept about a customer with many texts of its own, such as a contract: sealed once under
/// the person's key, so that all of them go with that key, and go along with one row.
pub struct DocumentKey(PersonKey);

impl PersonKey {
    /// A fresh key for a document, and its sealed form for the document's row.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn new_document(&self, purpose: &[u8], document: Uuid) -> Result<(DocumentKey, Vec<u8>), KeyError> {
        let key = Zeroizing::new(random::<32>()?);
        let sealed = self.seal_as(purpose, key.as_slice())?;
        Ok((self.document(key, document), sealed))
    }

    /// Opens what [`PersonKey::new_document`] sealed.
    ///
    /// # Errors
    /// [`Sealed`].
    pub fn open_document(&self, purpose: &[u8], document: Uuid, sealed: &[u8]) -> Result<DocumentKey, Sealed> {
        let bytes = self.open_as(purpose, sealed)?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| Sealed)?;
        Ok(self.document(Zeroizing::new(key), document))
    }

    fn document(&self, key: Zeroizing<[u8; 32]>, document: Uuid) -> DocumentKey {
        DocumentKey(PersonKey {
            key,
            chain: self.chain,
            customer: CustomerId(document),
        })
    }
}

impl DocumentKey {
    /// Seals a text of the document; one of another purpose doesn't open in its place.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn seal(&self, purpose: &[u8], text: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.0.seal_as(purpose, text)
    }

    /// Opens what [`DocumentKey::seal`] made for the same purpose.
    ///
    /// # Errors
    /// [`Sealed`].
    pub fn open(&self, purpose: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Sealed> {
        self.0.open_as(purpose, sealed)
    }
}

impl ChainKeys {
    /// Seals a text that is about nobody in particular, or about whom nobody knows: what an approver remarks.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn seal_text(&self, purpose: &[u8], text: &[u8]) -> Result<Vec<u8>, KeyError> {
        seal(&self.wrapping, purpose, self.chain, CustomerId(Uuid::nil()), text)
    }

    /// Opens what [`ChainKeys::seal_text`] made for the same purpose.
    ///
    /// # Errors
    /// [`Sealed`].
    pub fn open_text(&self, purpose: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Sealed> {
        open(&self.wrapping, purpose, self.chain, CustomerId(Uuid::nil()), sealed)
    }
}

/// What the ciphertext is bound to: moved to another row, it doesn't open.
fn associated(purpose: &[u8], chain: ChainId, customer: CustomerId) -> Vec<u8> {
    [
        b"cardea/1/",
        purpose,
        b"|",
        chain.0.as_bytes(),
        b"|",
        customer.0.as_bytes(),
    ]
    .concat()
}

fn seal(
    key: &[u8; 32],
    purpose: &[u8],
    chain: ChainId,
    customer: CustomerId,
    clear: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let nonce = random::<NONCE>()?;
    let aad = associated(purpose, chain, customer);
    let text = XChaCha20Poly1305::new(key.into())
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: clear, aad: &aad })
        .map_err(|e| KeyError::Random(e.to_string()))?;
    Ok([[VERSION].as_slice(), &nonce, &text].concat())
}

fn open(
    key: &[u8; 32],
    purpose: &[u8],
    chain: ChainId,
    customer: CustomerId,
    stored: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Sealed> {
    let (version, rest) = stored.split_first().ok_or(Sealed)?;
    if *version != VERSION || rest.len() < NONCE {
        return Err(Sealed);
    }
    let (nonce, text) = rest.split_at(NONCE);
    let aad = associated(purpose, chain, customer);
    XChaCha20Poly1305::new(key.into())
        .decrypt(XNonce::from_slice(nonce), Payload { msg: text, aad: &aad })
        .map(Zeroizing::new)
        .map_err(|_| Sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &[u8] = br#"{"phones":["+8613812345678"],"birthday":7425}"#;

    fn chain(master: u8, chain: u128) -> ChainKeys {
        ChainKeys::derive(&[master; 32], ChainId(Uuid::from_u128(chain)))
    }

    fn contains(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|w| w == needle)
    }

    #[test]
    fn sealed_data_opens_again_and_shows_nothing() {
        let customer = CustomerId(Uuid::from_u128(7));
        let (key, wrapped) = chain(1, 1).new_person(customer).unwrap();
        let sealed = key.seal(DOCUMENT).unwrap();
        assert!(!contains(&sealed, b"13812345678"));
        assert!(!contains(&wrapped, key.key.as_slice()));
        let again = chain(1, 1).open_person(customer, &wrapped).unwrap();
        assert_eq!(again.open(&sealed).unwrap().as_slice(), DOCUMENT);
        assert_ne!(
            key.seal(DOCUMENT).unwrap(),
            sealed,
            "two seals of one document are unlinkable"
        );
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let customer = CustomerId(Uuid::from_u128(7));
        let (key, wrapped) = chain(1, 1).new_person(customer).unwrap();
        let sealed = key.seal(DOCUMENT).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(&changed).unwrap_err(), Sealed, "byte {at}");
        }
        for at in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[at] ^= 1;
            assert_eq!(
                chain(1, 1).open_person(customer, &changed).unwrap_err(),
                Sealed,
                "byte {at}"
            );
        }
        assert_eq!(key.open(&sealed[..NONCE]).unwrap_err(), Sealed);
        assert_eq!(key.open(&[]).unwrap_err(), Sealed);
    }

    #[test]
    fn other_chains_customers_and_purposes_fail() {
        let customer = CustomerId(Uuid::from_u128(7));
        let other = CustomerId(Uuid::from_u128(8));
        let (key, wrapped) = chain(1, 1).new_person(customer).unwrap();
        let sealed = key.seal(DOCUMENT).unwrap();
        assert_eq!(
            chain(1, 2).open_person(customer, &wrapped).unwrap_err(),
            Sealed,
            "another chain"
        );
        assert_eq!(
            chain(2, 1).open_person(customer, &wrapped).unwrap_err(),
            Sealed,
            "another installation"
        );
        assert_eq!(
            chain(1, 1).open_person(other, &wrapped).unwrap_err(),
            Sealed,
            "another customer"
        );
        assert_eq!(key.open(&wrapped).unwrap_err(), Sealed, "a key isn't a document");
        let (stranger, _) = chain(1, 1).new_person(other).unwrap();
        assert_eq!(stranger.open(&sealed).unwrap_err(), Sealed);
    }
}
