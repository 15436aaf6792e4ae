//! One chain's keys, all derived: nothing about them is stored, and one chain's key says nothing of another's.

use super::blind::{Digest, IndexKind};
use cardea_domain::id::{CardId, ChainId};
use hkdf::Hkdf;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

pub(super) type HmacSha256 = Hmac<Sha256>;
/// As long as HMAC-SHA-256's block, so that it needs neither padding nor a check of its length.
pub(super) type MacKey = Zeroizing<[u8; 64]>;

pub(super) fn mac(key: &MacKey) -> HmacSha256 {
    <HmacSha256 as KeyInit>::new(key.as_slice().into())
}

/// HKDF-SHA-256 of a 32-byte key; the label names the purpose and the version of the scheme.
pub(super) fn expand(key: &[u8], label: &[u8], out: &mut [u8]) {
    let filled = Hkdf::<Sha256>::new(None, key).expand(label, out);
    debug_assert!(filled.is_ok(), "HKDF gives up to 8160 bytes, we ask for at most 64");
}

fn derived<const N: usize>(key: &[u8], label: &[u8]) -> Zeroizing<[u8; N]>
where
    [u8; N]: zeroize::Zeroize,
{
    let mut out = Zeroizing::new([0; N]);
    expand(key, label, out.as_mut_slice());
    out
}

/// Wraps the customers' data keys and computes the chain's blind indexes.
pub struct ChainKeys {
    pub(super) chain: ChainId,
    pub(super) wrapping: Zeroizing<[u8; 32]>,
    /// One key per kind of index: equal values of two kinds have unequal digests.
    blind: [MacKey; IndexKind::ALL.len()],
    /// Of the cards' dynamic codes.
    pub(super) codes: MacKey,
    /// Goes into every PIN before it is hashed.
    pins: MacKey,
}

impl ChainKeys {
    pub(super) fn derive(master: &[u8; 32], chain: ChainId) -> Self {
        let key: Zeroizing<[u8; 32]> = derived(master, &[b"cardea/1/chain/".as_slice(), chain.0.as_bytes()].concat());
        let blind = IndexKind::ALL.map(|kind| {
            let label = [b"cardea/1/index/".as_slice(), kind.as_str().as_bytes()].concat();
            derived(key.as_slice(), &label)
        });
        Self {
            chain,
            wrapping: derived(key.as_slice(), b"cardea/1/person"),
            blind,
            codes: derived(key.as_slice(), b"cardea/1/card-code"),
            pins: derived(key.as_slice(), b"cardea/1/card-pin"),
        }
    }

    /// A card's PIN as it is hashed: who has the database alone can't try out a million of them.
    pub fn pepper(&self, card: CardId, pin: &str) -> Zeroizing<String> {
        let mac = mac(&self.pins)
            .chain_update(card.0.as_bytes())
            .chain_update(pin.as_bytes());
        Zeroizing::new(hex::encode(mac.finalize().into_bytes()))
    }

    /// The blind index of a value that its normaliser ([`super::phone`], …) has brought into one form.
    pub fn digest(&self, kind: IndexKind, normalised: &str) -> Digest {
        mac(&self.blind[kind as usize])
            .chain_update(normalised.as_bytes())
            .finalize()
            .into_bytes()
            .into()
    }
}
