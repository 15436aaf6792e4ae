//! Vouchers (D-RWD-2): kinds as a plain resource, codes given to members or made in batches.
//!
//! A code stands nowhere in clear: its keyed digest finds it, and a sealed copy is opened for who may show it to its holder.
//! What it does on a bill is decided in `command/voucher.rs` and `cardea_domain::voucher`.

mod batch;
mod block;
mod code;
mod issue;
mod kind;
mod read;
mod row;

pub use batch::{BatchQuery, NewVoucherBatch, VoucherBatch};
pub use block::VoucherBlock;
pub(crate) use code::{Coded, digest};
pub use issue::{IssuedVoucher, NewVoucher, ShowVoucher, VoucherCodeShown};
pub use kind::{NewVoucherKind, VoucherKind, VoucherKindChange, VoucherKindQuery};
pub use read::{Voucher, VoucherQuery, VoucherUse};
